// SPDX-License-Identifier: EUPL-1.2
// Why something that one asked for was not done, in words: the hub's own where it gives a reason.
import type { Say } from "../i18n/language";
import { NoKeyStoreError } from "../people/keys";
import { NoKeyHereError } from "../people/signing";
import { UnreadableError } from "../signing/fields";
import { ClocksApartError, OtherThanShownError } from "../signing/shown";
import { HubUnreachableError, RefusedError } from "./api";

export interface FailureWords {
  title: string;
  hint: string;
  reason: string;
  /** the rule that refused; empty where none did */
  rule: string;
}

/** The words of a failure that may be met; any other is thrown on. */
export function failureWords(failure: unknown, say: Say): FailureWords {
  if (failure instanceof HubUnreachableError) {
    return { title: say("failed.unreachable"), hint: say("failed.unreachableHint"), reason: "unreachable", rule: "" };
  }
  if (failure instanceof NoKeyStoreError) {
    return { title: say("failed.noStore"), hint: say("failed.noStoreHint"), reason: "no-store", rule: "" };
  }
  if (failure instanceof NoKeyHereError) return { title: say("failed.noKey"), hint: say("failed.noKeyHint"), reason: "no-key", rule: "" };
  if (failure instanceof OtherThanShownError || failure instanceof UnreadableError) {
    return { title: say("failed.otherThanShown"), hint: say("failed.otherThanShownHint", { where: failure.where }), reason: "other-than-shown", rule: "" };
  }
  if (failure instanceof ClocksApartError) return { title: say("failed.clocksApart"), hint: say("failed.clocksApartHint"), reason: "clocks-apart", rule: "" };
  if (!(failure instanceof RefusedError)) throw failure;
  const { title, detail, rule } = failure.problem;
  return {
    title: typeof title === "string" ? title : say("failed.refused", { status: failure.status }),
    hint: typeof detail === "string" ? detail : say("failed.refusedHint"),
    reason: failure.reason,
    rule: typeof rule === "string" ? rule : "",
  };
}
