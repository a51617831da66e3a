// SPDX-License-Identifier: EUPL-1.2
// Sending a form, and why it was not taken: in the hub's words, with the rule that refused.
import { useState } from "react";
import { RefusedError } from "../hub/api";
import { failureWords, type FailureWords } from "../hub/failure";
import { useWords, type Say } from "../i18n/language";

export interface Refusal extends FailureWords {
  /** empty where no rule refused */
  rule: string;
}

/** Any failure that is not foreseen is thrown on. */
export function refusalOf(failure: unknown, say: Say): Refusal {
  const words = failureWords(failure, say);
  const rule = failure instanceof RefusedError && typeof failure.problem.rule === "string" ? failure.problem.rule : "";
  return { ...words, hint: rule === "" ? words.hint : say("grounds.byRule", { words: words.hint, rule }), rule };
}

export interface Sending {
  busy: boolean;
  refusal: Refusal | null;
  /** does it once, and calls `done` when the hub has it */
  send: <T>(deed: () => Promise<T>, done: (answer: T) => void) => Promise<void>;
}

export function useSending(onSignedOut: () => void): Sending {
  const { say } = useWords();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  async function send<T>(deed: () => Promise<T>, done: (answer: T) => void): Promise<void> {
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    try {
      done(await deed());
    } catch (failure) {
      if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
      setRefusal(refusalOf(failure, say));
    } finally {
      setBusy(false);
    }
  }
  return { busy, refusal, send };
}
