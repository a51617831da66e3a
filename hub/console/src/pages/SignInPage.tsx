// SPDX-License-Identifier: EUPL-1.2
// Before anything is seen: who are you. Beside it, in a line, what this is.
import type { Out } from "../hub/session";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Seal } from "../parts/Seal";
import { BareHeader } from "./BareHeader";
import { usePageTitle } from "./page-title";
import { SignInForm } from "./SignInForm";
import "./sign-in.css";

interface Properties {
  /** it is not known yet whether this browser is signed in: nothing is asked of the person */
  checking: boolean;
  why: Out;
  onSignedIn: (session: Session) => void;
}

export function SignInPage({ checking, why, onSignedIn }: Properties) {
  const { say } = useWords();
  usePageTitle(say("page.signIn"));
  return (
    <>
      <BareHeader />
      {!checking && (
        <main className="fz-sign-in" data-testid="sign-in">
          <div className="fz-sign-in__what">
            <span className="fz-sign-in__mark">
              <Seal state="signed" size={96} />
            </span>
            <p className="fz-sign-in__line">{say("product.line")}</p>
            <p className="fz-sign-in__hands">{say("product.hands")}</p>
          </div>
          <SignInForm why={why} onSignedIn={onSignedIn} />
        </main>
      )}
    </>
  );
}
