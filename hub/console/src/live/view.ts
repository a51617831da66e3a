// SPDX-License-Identifier: EUPL-1.2
// One person's look at one camera: first the line in the log, then the live line, then the picture. When the connection
// drops it opens again by itself, under the same grant while that one stands and else as a new look with its own number;
// and never again where the reason says no.
import { hub, HubUnreachableError, RefusedError } from "../hub/api";
import { waitMs } from "../hub/backoff";
import { HubClock } from "../hub/clock";
import type { View } from "../hub/types";
import { afterClose, afterRefusal, GRANT_ENDED, type Verdict } from "./close-codes";
import { Line, type Opened } from "./line";
import { Picture } from "./picture";
import { SLOW_FROM_MS, type Link } from "./tile-state";

export interface ViewSnapshot {
  link: Link;
  /** the number of this look in the log; it stays when the look was ended, until the next one or until the person leaves */
  logIndex: number | null;
  untilUs: number | null;
  /** the hub reported the unit offline on this line */
  unitOffline: boolean;
  offlineSinceUs: number | null;
  /** a person holds the picture that is drawn */
  frozen: boolean;
}

const NOT_LOOKING: ViewSnapshot = {
  link: { phase: "idle" },
  logIndex: null,
  untilUs: null,
  unitOffline: false,
  offlineSinceUs: null,
  frozen: false,
};
const TICKETS_REFUSED_AT_MOST = 3; // each is a line in the log, and a fourth would not fare better
const STEADY_AFTER_MS = 10_000; // a line that held this long starts the waits anew
const SESSION_OVER = 401;
const ROUNDING_US = 2_000_000; // the hub's cut and this page's estimate of its time may differ this much
const CROSSED_WITHIN_MS = 5_000; // the hub may be ending a grant in the moment in which this page goes on under it

export class LiveView {
  readonly clock = new HubClock();
  readonly picture = new Picture(
    () => this.onPicture(),
    () => this.stopped({ again: false, reason: "browser" }, null),
  );
  /** another picture is drawn, or none is any more */
  onPicture: () => void = () => undefined;
  /** the session is over: the whole page must know */
  onSignedOut: () => void = () => undefined;

  private snapshot = NOT_LOOKING;
  private readonly listeners = new Set<() => void>();
  private line: Line | null = null;
  private timer = 0;
  private tries = 0;
  private refusedTickets = 0;
  private openedMs = 0;
  private look = 0; // which look an answer belongs to; an older one's answer is dropped
  private waiting = false; // between two tries
  private grant: number | null = null; // the look that a broken line cut off, to go on under
  private goneOnMs: number | null = null; // since when this line goes on under that one
  private unitReachable = true;
  private hubAnswers = true;

  constructor(private readonly camera: string) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): ViewSnapshot => this.snapshot;

  /** What the overview says of the unit: while it is away, no new look is asked for. */
  setUnitReachable(reachable: boolean): void {
    const back = reachable && !this.unitReachable;
    this.unitReachable = reachable;
    if (back) this.soon();
  }

  /** Whether the hub answers the page's other questions: once it does again, there is nothing to wait for. */
  setHubAnswers(answers: boolean): void {
    const back = answers && !this.hubAnswers;
    this.hubAnswers = answers;
    if (back) this.soon();
  }

  /** The one thing that opens a picture: a person asked for it; for several cameras at once with one question. */
  async watch(asked?: Promise<View[]>): Promise<void> {
    this.drop();
    const look = this.look;
    this.tries = 0;
    this.refusedTickets = 0;
    this.grant = null;
    this.put({ ...NOT_LOOKING, link: { phase: "asking" } });
    const possible = await Picture.possible(); // before anything is logged that could not be shown
    if (look !== this.look) return;
    if (possible) await this.ask(asked);
    else this.stopped({ again: false, reason: "browser" }, null);
  }

  /** The person stops looking; the picture goes with it. */
  leave(): void {
    this.drop();
    this.grant = null;
    this.picture.wipe();
    this.put(NOT_LOOKING);
  }

  /** Hold the picture that is drawn, or let it go on. */
  freeze(frozen: boolean): void {
    if (frozen && this.picture.drawn === null) return;
    this.picture.frozen = frozen;
    if (frozen !== this.snapshot.frozen) this.put({ frozen });
  }

  /** The window has ended, and every look in it. */
  windowEnded(): void {
    const { phase } = this.snapshot.link;
    if (phase !== "idle" && phase !== "stopped") this.stopped({ again: false, reason: "window" }, null);
  }

  private put(change: Partial<ViewSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }

  private drop(): void {
    this.look += 1;
    window.clearTimeout(this.timer);
    this.waiting = false;
    this.line?.leave();
    this.line = null;
    this.picture.stop();
  }

  private async ask(asked?: Promise<View[]>): Promise<void> {
    this.drop();
    const look = this.look;
    try {
      const views = await (asked ?? hub.look([this.camera], this.grant));
      if (look !== this.look) return;
      const view = views.find((one) => one.camera === this.camera);
      if (view) this.join(view);
      else this.over({ again: false, reason: "failed" }, null);
    } catch (failure) {
      if (look !== this.look) return;
      if (failure instanceof HubUnreachableError) this.over({ again: true, reason: "line" }, null);
      else if (failure instanceof RefusedError) this.refused(failure);
      else throw failure;
    }
  }

  private refused(failure: RefusedError): void {
    if (failure.status === SESSION_OVER) {
      this.leave();
      this.onSignedOut();
    } else this.over(afterRefusal(failure.status, failure.reason), failure.status);
  }

  private join(view: View): void {
    // After a drop the tile goes on saying "away" until the new line has really opened.
    if (this.snapshot.link.phase === "asking") this.put({ link: { phase: "joining" } });
    this.goneOnMs = view.log_index === this.grant ? performance.now() : null;
    this.grant = view.log_index;
    this.put({ logIndex: view.log_index, untilUs: view.until_us });
    this.line = new Line(view.url, view.ticket, {
      opened: (opened) => this.opened(opened),
      frame: (frame) => {
        this.unitLives(frame.capturedAtUs);
        if (this.snapshot.link.phase === "open" && !this.snapshot.unitOffline) this.picture.push(frame);
      },
      codec: (codec) => this.picture.start(codec),
      hubTime: (hubTimeUs) => this.clock.hear(hubTimeUs, performance.now()),
      unit: (online, sinceUs) => this.unitReported(online, sinceUs),
      closed: (code, heardMs) => this.closed(code, heardMs),
    });
  }

  private opened(opened: Opened): void {
    this.openedMs = performance.now();
    this.refusedTickets = 0;
    this.clock.hear(opened.hubTimeUs, this.openedMs);
    if (opened.codec !== null) this.picture.start(opened.codec);
    this.put({
      link: { phase: "open" },
      logIndex: opened.logIndex,
      untilUs: opened.untilUs,
      unitOffline: false,
      offlineSinceUs: null,
    });
  }

  private unitReported(online: boolean, sinceUs: number | null): void {
    if (!online) this.picture.wipe();
    const frozen = online && this.snapshot.frozen;
    this.put({ unitOffline: !online, offlineSinceUs: online ? null : sinceUs, frozen });
  }

  /** A picture from now is better news than the report; one from the ring, made before the unit went, is not. */
  private unitLives(capturedAtUs: number): void {
    const { unitOffline, offlineSinceUs } = this.snapshot;
    if (!unitOffline || capturedAtUs <= (offlineSinceUs ?? 0)) return;
    const nowUs = this.clock.nowUs(performance.now());
    if (nowUs !== null && nowUs - capturedAtUs < SLOW_FROM_MS * 1000) this.unitReported(true, null);
  }

  private closed(code: number, heardMs: number): void {
    const crossed = this.goneOnMs !== null && performance.now() - this.goneOnMs < CROSSED_WITHIN_MS;
    if (this.openedMs > 0 && performance.now() - this.openedMs > STEADY_AFTER_MS) this.tries = 0;
    this.openedMs = 0;
    let verdict = afterClose(code);
    if (code === GRANT_ENDED && crossed) verdict = { again: true, reason: "line" };
    if (code >= GRANT_ENDED) this.grant = null; // the hub itself closed it: whatever comes is a new look
    if (verdict.reason === "ticket") {
      this.refusedTickets += 1;
      if (this.refusedTickets >= TICKETS_REFUSED_AT_MOST) verdict = { again: false, reason: "ticket" };
    }
    this.over(verdict, null, heardMs);
  }

  /** `heardMs` is since when the hub is silent, which a broken line tells only later. */
  private over(verdict: Verdict, status: number | null, heardMs = performance.now()): void {
    this.drop();
    if (!verdict.again) return this.stopped(verdict, status);
    const before = this.snapshot.link;
    const sinceUs = before.phase === "away" ? before.sinceUs : this.clock.nowUs(heardMs);
    // What the line said of the unit ends with the line.
    this.put({ link: { phase: "away", reason: verdict.reason, sinceUs }, unitOffline: false, offlineSinceUs: null });
    this.later();
  }

  private later(): void {
    const delay = waitMs(this.tries, Math.random());
    this.tries += 1;
    this.waiting = true;
    this.timer = window.setTimeout(() => this.again(), delay);
  }

  private again(): void {
    if (this.unitReachable || !this.hubAnswers) void this.ask();
    else this.later();
  }

  private soon(): void {
    if (!this.waiting) return;
    window.clearTimeout(this.timer);
    this.tries = 0;
    this.again();
  }

  private stopped(verdict: Verdict & { again: false }, status: number | null): void {
    this.drop();
    this.grant = null;
    this.picture.wipe();
    const { logIndex } = this.snapshot;
    const atUs = this.clock.nowUs(performance.now());
    const early = atUs !== null && atUs < (this.snapshot.untilUs ?? 0) - ROUNDING_US;
    this.put({ ...NOT_LOOKING, logIndex, link: { phase: "stopped", reason: verdict.reason, atUs, early, status } });
  }
}
