// SPDX-License-Identifier: EUPL-1.2
// Why a form was not taken: in the hub's words, with the rule that refused.
import type { FailureWords } from "../hub/failure";
import { useWords, type Say } from "../i18n/language";
import { Failed } from "../parts/Failed";

/** The same failure, its rule named in the hint. */
export function byRule(failure: FailureWords, say: Say): FailureWords {
  const { hint, rule } = failure;
  return rule === "" ? failure : { ...failure, hint: say("grounds.byRule", { words: hint, rule }) };
}

export function Refused({ failure }: { failure: FailureWords | null }) {
  const { say } = useWords();
  return <Failed failure={failure && byRule(failure, say)} testid="ground-refused" />;
}
