// SPDX-License-Identifier: EUPL-1.2
// One clock drives every picture on the screen. What a video element must do to follow it: a small difference is run
// in, a large one is jumped, and still or backwards each picture is set by itself.
import type { FrameAt } from "./reel";
import type { Rate } from "./transport";

/** What of a video element decides what it does next. */
export interface VideoNow {
  currentS: number;
  paused: boolean;
  seeking: boolean;
  rate: number;
}

export type Order = { do: "nothing" } | { do: "pause" } | { do: "seek"; toS: number } | { do: "play"; rate: number } | { do: "rate"; rate: number };

const NOTHING: Order = { do: "nothing" };
const JUMP_S = 0.25; // more than this is not run in
const SAME_S = 0.004; // a tenth of a frame
const NUDGE_LIMIT = 0.2; // of the rate
const AWAY_MS = 1_000;
const NUDGE_PER_S = 4; // 10 ms off: 4 % faster or slower

/** Moving forward at `rate`; `go` once every picture is ready to. */
export function paceForward(wantS: number, rate: number, go: boolean, video: VideoNow): Order {
  if (video.seeking) return NOTHING;
  const ahead = video.currentS - wantS;
  if (!go && !video.paused) return { do: "pause" };
  if (Math.abs(ahead) > JUMP_S * Math.max(1, rate)) return { do: "seek", toS: wantS };
  if (!go) return NOTHING;
  if (video.paused) return { do: "play", rate };
  const nudge = Math.abs(ahead) < SAME_S ? 0 : Math.max(-NUDGE_LIMIT, Math.min(NUDGE_LIMIT, (ahead / rate) * NUDGE_PER_S));
  const wanted = rate * (1 - nudge);
  return Math.abs(wanted - video.rate) > 0.002 * rate ? { do: "rate", rate: wanted } : NOTHING;
}

/** Still, or backwards from keyframe to keyframe: the middle of the picture, which no rounding leaves. */
export function paceStill(frameS: { fromS: number; durationS: number } | null, video: VideoNow): Order {
  if (!video.paused) return { do: "pause" };
  if (video.seeking || frameS === null) return NOTHING;
  const toS = frameS.fromS + frameS.durationS / 2;
  return Math.abs(video.currentS - toS) > frameS.durationS / 4 ? { do: "seek", toS } : NOTHING;
}

/** Which picture stands when the clock does not go forward. */
export function stillFrame(rate: Rate, at: FrameAt | null, keyframe: FrameAt | null): FrameAt | null {
  return rate < 0 ? keyframe : at;
}

/** The moment that all pictures are of. It goes on only while it may, and never out of what may be looked at. */
export class StepClock {
  private lastMs: number | null = null;

  constructor(public positionUs: number) {}

  advance(nowMs: number, rate: number, go: boolean, fromUs: number, toUs: number): void {
    const passedMs = this.lastMs === null ? 0 : nowMs - this.lastMs;
    this.lastMs = nowMs;
    if (rate === 0 || !go) return;
    // A page that was away for a while does not make up for it.
    const movedUs = Math.round(Math.min(passedMs, AWAY_MS) * 1000 * rate);
    this.positionUs = Math.max(fromUs, Math.min(toUs, this.positionUs + movedUs));
  }
}
