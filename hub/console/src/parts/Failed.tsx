// SPDX-License-Identifier: EUPL-1.2
// That a deed was not done and why, and that a screen cannot ask the hub now.
import type { FailureWords } from "../hub/failure";
import { useWords } from "../i18n/language";
import { Notice } from "./Notice";

export function Failed({ failure, testid }: { failure: FailureWords | null; testid: string }) {
  if (failure === null) return null;
  return <Notice tone="lost" testid={testid} title={failure.title} hint={failure.hint} reason={failure.reason} />;
}

/** What is shown is of the last answer. */
export function Offline({ testid }: { testid: string }) {
  const { say } = useWords();
  return <Notice tone="slow" testid={testid} title={say("failed.unreachable")} hint={say("failed.askedAgain")} />;
}
