// SPDX-License-Identifier: EUPL-1.2
// One person looking back: which cameras, under which looks in the log, at which moment and how fast. One clock drives
// all pictures; nothing is fetched before the look is logged, and nothing stays when its right is over.
import { hub, HubUnreachableError, RefusedError } from "../hub/api";
import { waitMs } from "../hub/backoff";
import type { CameraFootage, ReplayLook, Span } from "../hub/types";
import { MediaBuffer } from "./media-buffer";
import { paceForward, paceStill, StepClock, stillFrame, type Order } from "./pace";
import { failureOf, Reel, type BrokenAt, type Failure } from "./reel";
import { lookFrom, recordedAt, resumes, resumesBefore, spanAt, type Stretch } from "./spans";
import { pressed, type Press, type Rate } from "./transport";

export const LOOK_US = 600_000_000; // a look asks for ten minutes, unless a selection says otherwise
const LOOK_LIMIT_US = 1_800_000_000; // the hub's own limit
const SKIP_AFTER_MS = 1_500; // a stretch without pictures is named before it is passed over
const TOGETHER = 2; // cameras in step

/** What stands in a camera's picture. */
export type Showing =
  | { kind: "closed" | "asking" | "shown" | "loading" | "unknown" | "over" }
  | { kind: "gap" | "fetching" | "erased"; span: Span }
  | { kind: "broken"; broken: BrokenAt }
  | { kind: "failed"; failure: Failure };

export interface Look {
  logIndex: number;
  untilUs: number;
}

export interface Screened {
  positionUs: number;
  rate: Rate;
  /** the clock waits for a picture */
  waiting: boolean;
  shown: readonly string[];
  showing: Readonly<Record<string, Showing>>;
  looks: Readonly<Record<string, Look>>;
  /** what the looks open; null before the first */
  part: Stretch | null;
  asking: boolean;
  failure: Failure | null;
  /** the last picture of what was asked for stands */
  atEnd: boolean;
}

interface Seat {
  look: Look;
  reel: Reel;
  url: string;
  video: HTMLVideoElement | null;
}

export class Screening {
  onSignedOut: () => void = () => undefined;
  private readonly clock: StepClock;
  private readonly seats = new Map<string, Seat>();
  private readonly listeners = new Set<() => void>();
  private cameras: readonly CameraFootage[] = [];
  private snapshot: Screened;
  private drawing = 0;
  private emptySinceMs: number | null = null;
  private question = 0;

  constructor(
    positionUs: number,
    shown: readonly string[],
    private readonly nowUs: () => number | null,
    /** the window: a look lies within one */
    private readonly bounds: Stretch,
  ) {
    this.clock = new StepClock(positionUs);
    const empty = { showing: {}, looks: {}, part: null, asking: false, failure: null, atEnd: false };
    this.snapshot = { positionUs, rate: 0, waiting: false, shown: shown.slice(0, TOGETHER), ...empty };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): Screened => this.snapshot;

  start(): void {
    const draw = (atMs: number): void => {
      this.drawing = window.requestAnimationFrame(draw);
      this.tick(atMs);
    };
    this.drawing = window.requestAnimationFrame(draw);
  }

  /** Everything opened is let go. */
  close(): void {
    window.cancelAnimationFrame(this.drawing);
    this.question += 1;
    this.leave();
  }

  setFootage(cameras: readonly CameraFootage[]): void {
    this.cameras = cameras;
  }

  urlOf(camera: string): string | null {
    return this.seats.get(camera)?.url ?? null;
  }

  reelOf(camera: string): Reel | null {
    return this.seats.get(camera)?.reel ?? null;
  }

  attach(camera: string, video: HTMLVideoElement | null): void {
    const seat = this.seats.get(camera);
    if (seat) seat.video = video;
  }

  /** Puts a camera in the picture or takes it out; the oldest gives way. Under an open look it is asked for at once. */
  toggle(camera: string): void {
    const { shown, part } = this.snapshot;
    if (shown.includes(camera)) {
      if (shown.length === 1) return;
      this.unseat(camera);
      return this.put({ shown: shown.filter((one) => one !== camera) });
    }
    const kept = shown.slice(-(TOGETHER - 1));
    for (const one of shown) if (!kept.includes(one)) this.unseat(one);
    this.put({ shown: [...kept, camera] });
    if (part) void this.ask([camera], part);
  }

  /** A person asks to look: it is logged, and then opened. */
  async look(atUs: number, selection: Stretch | null): Promise<void> {
    const nowUs = this.nowUs();
    if (nowUs === null || this.snapshot.asking) return;
    this.leave();
    const from = selection?.fromUs ?? atUs;
    const fromUs = Math.max(this.bounds.fromUs, lookFrom(this.seen(), from));
    const toUs = Math.min(nowUs, selection?.toUs ?? from + LOOK_US, fromUs + LOOK_LIMIT_US, this.bounds.toUs);
    if (fromUs >= toUs) return this.put({ failure: { kind: "absent", status: null } });
    this.seek(Math.max(from, Math.min(atUs, toUs)));
    await this.ask(this.snapshot.shown, { fromUs, toUs });
  }

  press(press: Press): void {
    const { rate, part, positionUs } = this.snapshot;
    if (part === null || positionUs < part.fromUs || positionUs > part.toUs) return;
    const next = pressed(press, rate);
    if (next === 0 && rate !== 0) this.halt();
    this.put({ rate: next, atEnd: false });
  }

  /** Stands still on the picture that is seen, and not on one beside it; each picture is set anew, so that all agree. */
  private halt(): void {
    for (const { video } of this.seats.values()) video?.pause();
    const seen = [...this.seats.values()].find(({ video, reel }) => video && reel.frameAt(this.clock.positionUs));
    if (seen?.video && this.snapshot.rate > 0) this.clock.positionUs = seen.reel.captureUs(seen.video.currentTime);
    for (const { video, reel } of this.seats.values()) {
      const frame = reel.frameAt(this.clock.positionUs);
      if (video && frame) video.currentTime = reel.mediaS(frame.atUs + frame.durationUs / 2);
    }
  }

  seek(us: number): void {
    const { part, rate } = this.snapshot;
    const outside = part === null || us < part.fromUs || us > part.toUs;
    this.clock.positionUs = us;
    this.emptySinceMs = null;
    this.put({ positionUs: us, rate: outside ? 0 : rate, atEnd: false });
  }

  move(byUs: number): void {
    this.seek(this.clock.positionUs + byUs);
  }

  /** One picture of the first camera; another one follows to the same moment. */
  step(by: 1 | -1): void {
    const camera = this.snapshot.shown.find((one) => this.seats.has(one));
    const seat = camera === undefined ? undefined : this.seats.get(camera);
    if (!seat || camera === undefined) return;
    if (this.snapshot.rate !== 0) this.halt();
    this.put({ rate: 0 });
    const us = this.clock.positionUs;
    const next = seat.reel.neighbour(us, by);
    if (next) return this.seek(next.atUs);
    // Not here yet, or nothing is next: to the edge of what stands beside it, and its segment is fetched.
    const here = seat.reel.frameAt(us);
    const edgeUs = by === 1 ? (here ? here.atUs + here.durationUs : us) : (here?.atUs ?? us) - 1;
    const span = this.seen().find((one) => one.camera === camera)?.spans ?? [];
    if (by === -1 ? recordedAt(span, edgeUs) : resumes(this.seen(), edgeUs) === edgeUs) this.seek(edgeUs);
  }

  leave(): void {
    for (const camera of [...this.seats.keys()]) this.unseat(camera);
    this.put({ looks: {}, part: null, rate: 0, failure: null, atEnd: false, waiting: false });
  }

  /** The person stops: the pictures close, the numbers in the log stay. */
  stop(): void {
    const { looks } = this.snapshot;
    this.leave();
    this.put({ looks });
  }

  private unseat(camera: string): void {
    const seat = this.seats.get(camera);
    if (!seat) return;
    this.seats.delete(camera);
    if (seat.video) {
      seat.video.removeAttribute("src");
      seat.video.load(); // the last picture goes with the right to it
    }
    seat.reel.close();
    const { [camera]: _gone, ...looks } = this.snapshot.looks;
    this.put({ looks });
  }

  /** Of a camera without footage there, what is known of it needs no look. */
  private async ask(cameras: readonly string[], part: Stretch): Promise<void> {
    const question = ++this.question;
    this.put({ asking: true, failure: null });
    const filmed = cameras.filter((camera) =>
      this.spansOf(camera).some((span) => span.segment !== undefined && span.from_us < part.toUs && span.to_us > part.fromUs),
    );
    try {
      const looks = await hub.lookBack(filmed.length > 0 ? filmed : cameras, part.fromUs, part.toUs);
      if (question !== this.question) return;
      for (const look of looks) if (this.snapshot.shown.includes(look.camera)) this.seat(look, part);
      this.put({ asking: false, part });
    } catch (failure) {
      if (question !== this.question) return;
      if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
      const found = failureOf(failure);
      if (found.kind === "signed-out") this.onSignedOut();
      this.put({ asking: false, failure: found });
    }
  }

  private seat({ camera, log_index: logIndex, until_us: untilUs }: ReplayLook, part: Stretch): void {
    const buffer = new MediaBuffer(Reel.lengthOf(part));
    const fetching = {
      records: (segment: string, of: Stretch, signal: AbortSignal) => hub.records(segment, logIndex, of.fromUs, of.toUs, signal),
      keys: (segment: string, of: Stretch, signal: AbortSignal) => hub.keys(segment, logIndex, of.fromUs, of.toUs, signal),
    };
    const reel = new Reel(part, fetching, buffer, (tries) => waitMs(tries, Math.random()), () => undefined);
    this.unseat(camera);
    this.seats.set(camera, { look: { logIndex, untilUs }, reel, url: buffer.url, video: null });
    this.put({ looks: { ...this.snapshot.looks, [camera]: { logIndex, untilUs } } });
  }

  private seen(): CameraFootage[] {
    return this.cameras.filter((one) => this.snapshot.shown.includes(one.camera));
  }

  private spansOf(camera: string): readonly Span[] {
    return this.cameras.find((one) => one.camera === camera)?.spans ?? [];
  }

  private put(change: Partial<Screened>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }

  private tick(atMs: number): void {
    const { rate, part } = this.snapshot;
    const nowUs = this.nowUs();
    if (nowUs !== null && [...this.seats.values()].some((seat) => seat.look.untilUs <= nowUs)) return this.over();
    const us = this.clock.positionUs;
    const inPart = part !== null && us >= part.fromUs && us <= part.toUs;
    for (const [camera, seat] of this.seats) if (inPart) seat.reel.want(us, rate < 0, this.spansOf(camera), performance.now());
    const showing = Object.fromEntries(this.snapshot.shown.map((camera) => [camera, this.showingOf(camera, us, inPart)]));
    const go = this.mayGo(showing);
    if (part) this.clock.advance(atMs, rate, go, part.fromUs, part.toUs);
    for (const seat of this.seats.values()) this.follow(seat, this.clock.positionUs, rate, go);
    this.skip(showing, atMs);
    this.publish(showing, rate !== 0 && !go);
  }

  /** The right is over: the pictures close, the numbers stay. */
  private over(): void {
    const { looks } = this.snapshot;
    const shown = this.snapshot.shown.map((camera) => [camera, { kind: "over" }] as const);
    this.leave();
    this.put({ looks, failure: { kind: "grant", status: null }, showing: Object.fromEntries(shown) });
  }

  private showingOf(camera: string, us: number, inPart: boolean): Showing {
    const seat = this.seats.get(camera);
    const span = spanAt(this.spansOf(camera), us);
    if (!seat && this.snapshot.asking) return { kind: "asking" };
    // What is not there is said without a look.
    if (span && (span.kind === "gap" || span.kind === "erased")) return { kind: span.kind, span };
    if (!seat) return { kind: this.snapshot.failure?.kind === "grant" ? "over" : inPart ? "unknown" : "closed" };
    if (!inPart) return { kind: "closed" };
    const { reel } = seat;
    const broken = reel.brokenAt(us);
    if (broken) return { kind: "broken", broken };
    if (reel.frameAt(us)) return { kind: "shown" };
    if (span?.kind === "fetching") return { kind: "fetching", span };
    const recorded = recordedAt(this.spansOf(camera), us);
    if (!recorded) return { kind: "unknown" };
    if (reel.loaded(recorded)) return reel.neighbour(us, -1) ? { kind: "shown" } : { kind: "loading" };
    return reel.failure ? { kind: "failed", failure: reel.failure } : { kind: "loading" };
  }

  /** All that has a picture is ready to show it, and something has; else the clock stands still. */
  private mayGo(showing: Record<string, Showing>): boolean {
    const kinds = Object.values(showing).map((one) => one.kind);
    if (kinds.some((kind) => kind === "loading" || kind === "asking" || kind === "failed")) return false;
    if (!kinds.includes("shown")) return kinds.includes("broken");
    if (this.snapshot.rate < 0) return true;
    return [...this.seats].every(([camera, seat]) => showing[camera]?.kind !== "shown" || ready(seat));
  }

  private follow(seat: Seat, us: number, rate: Rate, go: boolean): void {
    const { video, reel } = seat;
    if (!video) return;
    const now = { currentS: video.currentTime, paused: video.paused, seeking: video.seeking, rate: video.playbackRate };
    const frame = reel.frameAt(us);
    let order: Order;
    if (rate > 0 && frame) order = paceForward(reel.mediaS(us), rate, go, now);
    else {
      const still = stillFrame(rate, frame, reel.keyframeBefore(us));
      order = paceStill(still && { fromS: reel.mediaS(still.atUs), durationS: still.durationUs / 1e6 }, now);
    }
    obey(video, order);
  }

  /** Where no camera in the picture has footage, it goes on where the next one has, or the one before. */
  private skip(showing: Record<string, Showing>, atMs: number): void {
    const { rate, part } = this.snapshot;
    const kinds = Object.values(showing).map((one) => one.kind);
    const empty = part !== null && kinds.length > 0 && kinds.every((kind) => kind === "gap" || kind === "erased" || kind === "unknown");
    if (rate === 0 || !empty) {
      this.emptySinceMs = null;
      return;
    }
    this.emptySinceMs ??= atMs;
    if (atMs - this.emptySinceMs < SKIP_AFTER_MS) return;
    const us = this.clock.positionUs;
    const nextUs = rate > 0 ? resumes(this.seen(), us) : resumesBefore(this.seen(), us);
    if (nextUs !== null && nextUs >= part.fromUs && nextUs < part.toUs) {
      this.clock.positionUs = nextUs;
      this.emptySinceMs = null;
    } else this.put({ rate: 0, atEnd: rate > 0 });
  }

  private publish(showing: Record<string, Showing>, waiting: boolean): void {
    const { part, rate } = this.snapshot;
    const positionUs = this.clock.positionUs;
    const ended = part !== null && ((rate > 0 && positionUs >= part.toUs) || (rate < 0 && positionUs <= part.fromUs));
    if (positionUs === this.snapshot.positionUs && waiting === this.snapshot.waiting && !ended && same(showing, this.snapshot.showing)) return;
    this.put({ positionUs, waiting, showing, ...(ended ? { rate: 0, atEnd: rate > 0 } : {}) });
  }
}

const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;

/** At the last pictures before a hole there is no future to have. */
function ready({ video, reel }: Seat): boolean {
  if (!video || video.seeking) return false;
  if (video.readyState >= HAVE_FUTURE_DATA) return true;
  const us = reel.captureUs(video.currentTime);
  return video.readyState >= HAVE_CURRENT_DATA && reel.frameAt(us + 300_000) === null;
}

function same(one: Readonly<Record<string, Showing>>, other: Readonly<Record<string, Showing>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => alike(one[key] as Showing, other[key]));
}

function alike(one: Showing, other: Showing | undefined): boolean {
  if (one.kind !== other?.kind) return false;
  if ("span" in one && "span" in other) return one.span === other.span;
  if ("broken" in one && "broken" in other) return one.broken === other.broken;
  return !("failure" in one && "failure" in other) || one.failure === other.failure;
}

function obey(video: HTMLVideoElement, order: Order): void {
  if (order.do === "pause") video.pause();
  if (order.do === "seek") video.currentTime = order.toS;
  if (order.do === "rate") video.playbackRate = order.rate;
  if (order.do === "play") {
    video.playbackRate = order.rate;
    // Refused only where a newer order came first, and that one stands.
    video.play().catch((failure: unknown) => {
      if (!(failure instanceof DOMException)) throw failure;
    });
  }
}
