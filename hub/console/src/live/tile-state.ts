// SPDX-License-Identifier: EUPL-1.2
// Which of its states a tile is in. A tile never lies: the age of the picture that is drawn decides, and nothing else
// may call a picture live. No picture at all is shown only where the last one would lie: when the hub reports the unit
// offline, and when the right to look is over.
import type { AwayReason, StopReason } from "./close-codes";

export type Link =
  | { phase: "idle" }
  | { phase: "asking" }
  | { phase: "joining" }
  | { phase: "open" }
  | { phase: "away"; reason: AwayReason; sinceUs: number | null }
  | { phase: "stopped"; reason: StopReason; atUs: number | null; early: boolean; status: number | null };

export type TileState = "idle" | "opening" | "live" | "slow" | "stale" | "lost" | "closed" | "ended";

export const SLOW_FROM_MS = 2_000;
export const STALE_AFTER_MS = 5_000;

export interface Facts {
  link: Link;
  windowOpen: boolean;
  unitOffline: boolean;
  /** of the picture that is drawn; null when none is */
  ageMs: number | null;
}

export function ageState(ageMs: number): "live" | "slow" | "stale" {
  if (ageMs < SLOW_FROM_MS) return "live";
  return ageMs <= STALE_AFTER_MS ? "slow" : "stale";
}

export function tileState({ link, windowOpen, unitOffline, ageMs }: Facts): TileState {
  if (!windowOpen) return "closed";
  if (link.phase === "stopped") return link.reason === "window" ? "closed" : "ended";
  if (unitOffline) return "lost";
  if (link.phase === "idle") return "idle";
  return ageMs === null ? "opening" : ageState(ageMs);
}

/** Whether a picture may stand in the tile at all. */
export function showsPicture(state: TileState): boolean {
  return state === "live" || state === "slow" || state === "stale";
}
