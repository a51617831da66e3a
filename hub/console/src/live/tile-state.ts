// SPDX-License-Identifier: EUPL-1.2
// Which of its states a tile is in. A tile never lies: the age of the picture that is drawn decides, and nothing else
// may call a picture live. No picture at all is shown only where the last one would lie: when the hub reports the unit
// offline, and when the right to look is over. A hub that is silent reports nothing: then nothing is known of the unit.
import type { AwayReason, StopReason } from "./close-codes";

export type Link =
  | { phase: "idle" }
  | { phase: "asking" }
  | { phase: "joining" }
  | { phase: "open" }
  | { phase: "away"; reason: AwayReason; sinceUs: number | null }
  | { phase: "stopped"; reason: StopReason; atUs: number | null; early: boolean; status: number | null };

export type TileState = "idle" | "opening" | "away" | "live" | "slow" | "stale" | "frozen" | "lost" | "closed" | "ended" | "off";
export type UnitWord = "online" | "offline" | "unknown";

export const SLOW_FROM_MS = 2_000;
export const STALE_AFTER_MS = 5_000;

export interface Facts {
  link: Link;
  windowOpen: boolean;
  unit: UnitWord;
  /** of the picture that is drawn; null when none is */
  ageMs: number | null;
  /** a person holds it */
  frozen: boolean;
  /** a person put all pictures off */
  off: boolean;
}

export interface Reports {
  link: Link;
  /** the open line said so */
  lineSaysOffline: boolean;
  /** the last overview said so */
  overviewSaysOnline: boolean;
  /** that overview is the answer to the last question */
  hubAnswers: boolean;
}

/** Who blames the unit must have it from the hub, now. */
export function unitWord({ link, lineSaysOffline, overviewSaysOnline, hubAnswers }: Reports): UnitWord {
  if (link.phase === "open") return lineSaysOffline ? "offline" : "online";
  if (!hubAnswers) return "unknown";
  return overviewSaysOnline ? "online" : "offline";
}

export function ageState(ageMs: number): "live" | "slow" | "stale" {
  if (ageMs < SLOW_FROM_MS) return "live";
  return ageMs <= STALE_AFTER_MS ? "slow" : "stale";
}

/** The line to the hub is gone: no other picture will come until it is back. */
export function lineGone(link: Link): boolean {
  return link.phase === "away" && link.reason === "line";
}

export function tileState({ link, windowOpen, unit, ageMs, frozen, off }: Facts): TileState {
  if (!windowOpen) return "closed";
  if (off) return "off";
  if (link.phase === "stopped") return link.reason === "window" ? "closed" : "ended";
  if (unit === "offline") return "lost";
  if (link.phase === "idle") return "idle";
  if (ageMs === null) return lineGone(link) ? "away" : "opening";
  if (frozen) return "frozen";
  // Without a line the picture is not slow, it stands still; a line that is back within two seconds changes nothing.
  return lineGone(link) && ageMs >= SLOW_FROM_MS ? "stale" : ageState(ageMs);
}

/** Whether a picture may stand in the tile at all. */
export function showsPicture(state: TileState): boolean {
  return state === "live" || state === "slow" || state === "stale" || state === "frozen";
}
