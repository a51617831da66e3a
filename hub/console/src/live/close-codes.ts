// SPDX-License-Identifier: EUPL-1.2
// Why a live line ended. Asking again is a new line in the log, so it is done only where the reason allows it.

export type AwayReason = "line" | "unit" | "log" | "ticket" | "hub";
export type StopReason = "grant" | "window" | "withdrawn" | "refused" | "ticket" | "failed" | "browser";
export type Verdict = { again: true; reason: AwayReason } | { again: false; reason: StopReason };

/** The first of the codes by which the hub itself closes a line; lower ones are the connection's. */
export const GRANT_ENDED = 4001;

const verdicts: Readonly<Record<number, Verdict>> = {
  [GRANT_ENDED]: { again: false, reason: "grant" },
  4002: { again: false, reason: "window" },
  4003: { again: false, reason: "withdrawn" },
  4004: { again: true, reason: "unit" },
  4005: { again: true, reason: "log" },
  4008: { again: true, reason: "ticket" },
};

export function afterClose(code: number): Verdict {
  return verdicts[code] ?? { again: true, reason: "line" };
}

/** The hub's answer to the question for a look, when it is no. */
export function afterRefusal(status: number, reason: string): Verdict {
  if (reason === "log-unavailable" || reason === "keeper-unreachable") return { again: true, reason: "log" };
  if (reason === "window-closed") return { again: false, reason: "window" };
  if (status === 403) return { again: false, reason: "refused" };
  if (status === 429 || status >= 500) return { again: true, reason: "hub" };
  return { again: false, reason: "failed" };
}
