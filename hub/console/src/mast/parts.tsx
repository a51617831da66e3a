// SPDX-License-Identifier: EUPL-1.2
// What each screen at the mast is made of: how far one is, one question, and at the bottom the one thing to do.
import type { ReactNode } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { useWords, type Say } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { failureWords, type FailureWords } from "../people/failure";
import { NoKeyHereError } from "../people/signing";
import { STEPS, type Step } from "./kept";

export function Progress({ step }: { step: Step }) {
  const { say } = useWords();
  const at = STEPS.indexOf(step);
  return (
    <ol className="fz-mast__progress" aria-label={say("mast.step", { nth: at + 1, of: STEPS.length })}>
      {STEPS.map((one, n) => (
        <li key={one} className="fz-mast__bar" data-state={n < at ? "done" : n === at ? "now" : "ahead"} aria-current={n === at ? "step" : undefined} />
      ))}
    </ol>
  );
}

export function Question({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className="fz-mast__question">
      <h2 className="fz-mast__title">{title}</h2>
      {lead && <p className="fz-mast__lead">{lead}</p>}
      {children}
    </section>
  );
}

/** Stays at the bottom, in reach of a thumb. */
export function Foot({ children }: { children: ReactNode }) {
  return <div className="fz-mast__foot">{children}</div>;
}

export function Failed({ failure }: { failure: FailureWords | null }) {
  if (failure === null) return null;
  return <Notice tone="lost" testid="mast-failed" title={failure.title} hint={failure.hint} reason={failure.reason} />;
}

/** What to say of a deed that failed; null after it was told to sign in again. Anything unforeseen is thrown on. */
export function wordsOf(failure: unknown, say: Say, onSignedOut: () => void): FailureWords | null {
  if (failure instanceof NoKeyHereError) return { title: say("mast.noKeyTitle"), hint: say("mast.noKeyHint"), reason: "no-key" };
  if (failure instanceof RefusedError && failure.status === 401) {
    onSignedOut();
    return null;
  }
  if (failure instanceof RefusedError || failure instanceof HubUnreachableError) return failureWords(failure, say);
  throw failure;
}
