// SPDX-License-Identifier: EUPL-1.2
// Signing in, and what is behind it. The log is everybody's: it is shown to who is not signed in as well.
import { lazy, Suspense, useCallback } from "react";
import { usePath } from "../hub/place";
import { useSession } from "../hub/session";
import { BareHeader } from "./BareHeader";
import { Shell } from "./Shell";
import { SignInPage } from "./SignInPage";

const LogScreen = lazy(() => import("./LogScreen"));

export function Console() {
  const { state, signedIn, signedOut } = useSession();
  const ended = useCallback(() => signedOut("ended"), [signedOut]);
  const left = useCallback(() => signedOut("fresh"), [signedOut]);
  const path = usePath();
  if (state.at === "in") return <Shell session={state.session} onEnded={ended} onLeft={left} />;
  if (state.at === "out" && /^\/log(\/|$)/.test(path)) {
    return (
      <>
        <BareHeader />
        <main className="fz-main">
          <Suspense>
            <LogScreen />
          </Suspense>
        </main>
      </>
    );
  }
  return <SignInPage checking={state.at === "checking"} why={state.at === "out" ? state.why : "fresh"} onSignedIn={signedIn} />;
}
