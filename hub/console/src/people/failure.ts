// SPDX-License-Identifier: EUPL-1.2
// Why something that one asked for was not done, in words: the hub's own where it gives a reason.
import { HubUnreachableError, RefusedError } from "../hub/api";
import type { Say } from "../i18n/language";
import { NoKeyStoreError } from "./keys";

export interface FailureWords {
  title: string;
  hint: string;
  reason: string;
}

/** The words of a failure that may be met; any other is thrown on. */
export function failureWords(failure: unknown, say: Say): FailureWords {
  if (failure instanceof HubUnreachableError) {
    return { title: say("people.failed.unreachable"), hint: say("people.failed.unreachableHint"), reason: "unreachable" };
  }
  if (failure instanceof NoKeyStoreError) {
    return { title: say("people.own.noStore"), hint: say("people.own.noStoreBody"), reason: "no-store" };
  }
  if (!(failure instanceof RefusedError)) throw failure;
  const { title, detail } = failure.problem;
  return {
    title: typeof title === "string" ? title : say("people.failed.refused", { status: failure.status }),
    hint: typeof detail === "string" ? detail : say("people.failed.refusedHint"),
    reason: failure.reason,
  };
}

/** 9f3c 41d0 7be2 c8a5: the beginning of a fingerprint, as people compare it. */
export function shortPrint(fingerprint: string): string {
  return fingerprint.slice(0, 16).replace(/(.{4})(?=.)/g, "$1\u00a0");
}
