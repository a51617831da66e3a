// SPDX-License-Identifier: EUPL-1.2
// One camera under one logged look: fetches the segments around the moment that is looked at, opens them, and holds
// what can be played of about a minute. A segment is what is fetched at once, for it begins on a keyframe.
import { HubUnreachableError, RefusedError } from "../hub/api";
import type { Span } from "../hub/types";
import { PlaybackError, type PlayBuffer } from "./media-buffer";
import { readFrames, readInit } from "./mp4";
import { openStretch, readStretch, SealedFormatError, type Bytes, type Flaw, type OpenedStretch, type ReleasedKeys } from "./sealed";
import { segmentsIn, type Stretch } from "./spans";

/** One picture, by its capture time. */
export interface FrameAt {
  atUs: number;
  durationUs: number;
  keyframe: boolean;
}

export interface BrokenAt extends Stretch {
  /** `format`: not the segment that was asked for; `stored`: the hub itself found it altered */
  flaw: Flaw | "format" | "stored";
  index: number;
  segment: string;
}

export interface Failure {
  kind: "line" | "log" | "hub" | "erased" | "grant" | "away" | "absent" | "altered" | "browser" | "refused" | "signed-out";
  status: number | null;
}

export interface Fetching {
  records: (segment: string, part: Stretch, signal: AbortSignal) => Promise<Bytes>;
  keys: (segment: string, part: Stretch, signal: AbortSignal) => Promise<ReleasedKeys>;
}

interface Held {
  span: Span;
  frames: FrameAt[];
  broken: BrokenAt[];
}

const AHEAD_US = 20_000_000;
const BEHIND_US = 4_000_000;
const KEPT_US = 15_000_000; // beyond what is wanted: a step back and forth fetches nothing
/** No capture time of the look becomes a negative media time. */
const MARGIN_US = 30_000_000;
const AGAIN = new Set<Failure["kind"]>(["line", "log", "hub", "away"]);

const named: Readonly<Record<string, Failure["kind"]>> = {
  "log-unavailable": "log",
  "keeper-unreachable": "log",
  "not-granted": "grant",
  "footage-erased": "erased",
  "footage-elsewhere": "away",
  "footage-absent": "absent",
  "window-closed": "absent",
  "footage-altered": "altered",
};

export function failureOf(cause: HubUnreachableError | RefusedError): Failure {
  if (cause instanceof HubUnreachableError) return { kind: "line", status: null };
  const { status, reason } = cause;
  if (status === 401) return { kind: "signed-out", status };
  const kind = named[reason];
  if (kind !== undefined) return { kind, status };
  if (status === 410) return { kind: "erased", status };
  return { kind: status === 429 || status >= 500 ? "hub" : "refused", status };
}

export class Reel {
  /** what its buffer counts from */
  readonly originUs: number;
  readonly lengthS: number;
  failure: Failure | null = null;
  private readonly held = new Map<string, Held>();
  private readonly runs = new Map<string, number>(); // the capture time of each run's first tick
  private readonly tried = new Map<string, { tries: number; notBeforeMs: number; final: boolean }>();
  private loading: { segment: string; abort: AbortController } | null = null;
  private table: FrameAt[] = [];
  private closed = false;

  constructor(
    readonly part: Stretch,
    private readonly fetching: Fetching,
    private readonly buffer: PlayBuffer,
    /** before try number n */
    private readonly waitMs: (tries: number) => number,
    private readonly onChanged: () => void,
  ) {
    this.originUs = part.fromUs - MARGIN_US;
    this.lengthS = Reel.lengthOf(part);
  }

  static lengthOf({ fromUs, toUs }: Stretch): number {
    return (toUs - fromUs + 2 * MARGIN_US) / 1e6;
  }

  /** Call it again and again: it fetches what is missing around this moment, one segment at a time, and lets go. */
  want(us: number, backwards: boolean, spans: readonly Span[], nowMs: number): void {
    if (this.closed) return;
    const [behind, ahead] = backwards ? [AHEAD_US, BEHIND_US] : [BEHIND_US, AHEAD_US];
    const wanted = this.clipped({ fromUs: us - behind, toUs: us + ahead });
    const needed = segmentsIn(spans, wanted).filter((span) => span.segment !== undefined);
    const here = segmentsIn(spans, this.clipped({ fromUs: us, toUs: us + 1 }));
    const rest = backwards ? [...needed].reverse() : needed;
    const next = [...here, ...rest].find((span) => this.missing(span, nowMs));
    if (this.loading && ![...here, ...needed].some((span) => span.segment === this.loading?.segment)) this.loading.abort.abort();
    this.letGo(needed, { fromUs: wanted.fromUs - KEPT_US, toUs: wanted.toUs + KEPT_US });
    if (next && !this.loading) void this.load(next, nowMs);
  }

  /** The picture that stands at a moment. */
  frameAt(us: number): FrameAt | null {
    const frame = this.table[this.after(us) - 1];
    return frame && us < frame.atUs + frame.durationUs ? frame : null;
  }

  /** The picture before or after the one that stands at a moment, as far as it is here. */
  neighbour(us: number, by: 1 | -1): FrameAt | null {
    const at = this.after(us) - 1;
    return this.table[at + by] ?? null;
  }

  keyframeBefore(us: number): FrameAt | null {
    for (let at = this.after(us) - 1; at >= 0; at -= 1) if (this.table[at]?.keyframe) return this.table[at] as FrameAt;
    return null;
  }

  brokenAt(us: number): BrokenAt | null {
    for (const { broken } of this.held.values()) {
      const found = broken.find((one) => one.fromUs <= us && us < one.toUs);
      if (found) return found;
    }
    return null;
  }

  allBroken(): BrokenAt[] {
    return [...this.held.values()].flatMap(({ broken }) => broken);
  }

  /** Whether the segment of this moment has been fetched and opened. */
  loaded(span: Span): boolean {
    return span.segment !== undefined && this.held.has(span.segment);
  }

  mediaS(us: number): number {
    return (us - this.originUs) / 1e6;
  }

  captureUs(mediaS: number): number {
    const us = Math.round(this.originUs + mediaS * 1e6);
    const at = this.after(us + 1000) - 1; // a browser's media time is rounded
    return this.table[at]?.atUs ?? us;
  }

  close(): void {
    this.closed = true;
    this.loading?.abort.abort();
    this.held.clear();
    this.table = [];
    this.buffer.close();
  }

  private clipped({ fromUs, toUs }: Stretch): Stretch {
    return { fromUs: Math.max(fromUs, this.part.fromUs), toUs: Math.min(toUs, this.part.toUs) };
  }

  /** How many frames begin at or before a moment. */
  private after(us: number): number {
    let low = 0;
    let high = this.table.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.table[middle] as FrameAt).atUs <= us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private missing(span: Span, nowMs: number): boolean {
    if (span.segment === undefined || this.held.has(span.segment)) return false;
    const before = this.tried.get(span.segment);
    return before === undefined || (!before.final && before.notBeforeMs <= nowMs);
  }

  private letGo(needed: readonly Span[], kept: Stretch): void {
    const names = new Set(needed.map((span) => span.segment));
    for (const [segment, { span, frames }] of this.held) {
      if (names.has(segment) || (span.to_us > kept.fromUs && span.from_us < kept.toUs)) continue;
      this.held.delete(segment);
      const [first, last] = [frames[0], frames.at(-1)];
      // What cannot be taken out now is taken out by the browser, or with the look.
      if (first && last) this.buffer.remove(this.mediaS(first.atUs), this.mediaS(last.atUs + last.durationUs)).catch(() => undefined);
      this.tabulate();
    }
  }

  private tabulate(): void {
    this.table = [...this.held.values()].flatMap(({ frames }) => frames).sort((one, other) => one.atUs - other.atUs);
  }

  private async load(span: Span, nowMs: number): Promise<void> {
    const segment = span.segment as string;
    const abort = new AbortController();
    this.loading = { segment, abort };
    const part = this.clipped({ fromUs: span.from_us, toUs: span.to_us });
    try {
      const [bytes, keys] = await Promise.all([
        this.fetching.records(segment, part, abort.signal),
        this.fetching.keys(segment, part, abort.signal),
      ]);
      const opened = await openStretch(readStretch(bytes), keys);
      if (!this.closed && !abort.signal.aborted) await this.take(span, opened);
      this.failure = null;
    } catch (failure) {
      if (!this.closed && !abort.signal.aborted) this.failed(span, failure, nowMs);
    }
    this.loading = null;
    if (!this.closed) this.onChanged();
  }

  private failed(span: Span, failure: unknown, nowMs: number): void {
    const segment = span.segment as string;
    const told = failure instanceof HubUnreachableError || failure instanceof RefusedError ? failureOf(failure) : null;
    if (told?.kind === "absent") return void this.held.set(segment, { span, frames: [], broken: [] }); // no record begins here
    if (told?.kind === "altered" || failure instanceof SealedFormatError) {
      // Named like any other record that does not add up.
      const flaw = told ? "stored" : "format";
      const broken: BrokenAt = { fromUs: span.from_us, toUs: span.to_us, flaw, index: 0, segment };
      return void this.held.set(segment, { span, frames: [], broken: [broken] });
    }
    if (told) this.failure = told;
    else if (failure instanceof PlaybackError) this.failure = { kind: "browser", status: null };
    else throw failure;
    const tries = this.tried.get(segment)?.tries ?? 0;
    const final = !AGAIN.has(this.failure.kind);
    this.tried.set(segment, { tries: tries + 1, notBeforeMs: nowMs + this.waitMs(tries), final });
  }

  private async take(span: Span, { run, init, fragments, broken }: OpenedStretch): Promise<void> {
    const segment = span.segment as string;
    const named = broken.map(({ fields, flaw }) => ({
      fromUs: fields.index === 0 ? span.from_us : fields.wallUs,
      toUs: fields.index === 0 ? span.to_us : fields.wallUs + fields.durationUs,
      flaw,
      index: fields.index,
      segment,
    }));
    const frames: FrameAt[] = [];
    if (init && fragments[0]) {
      const format = readInit(init);
      const read = fragments.map(({ data }) => readFrames(data, format));
      // A picture arrives late and never early: the least late one is nearest to what the run counts from.
      const starts = fragments.map(({ fields }, at) => fields.wallUs - (read[at]?.[0]?.atS ?? 0) * 1e6);
      const startUs = this.runs.get(run) ?? Math.min(...starts);
      this.runs.set(run, startUs);
      for (const { atS, durationS, keyframe } of read.flat()) {
        frames.push({ atUs: Math.round(startUs + atS * 1e6), durationUs: Math.round(durationS * 1e6), keyframe });
      }
      await this.buffer.append(joined([init, ...fragments.map(({ data }) => data)]), format.mime, this.mediaS(startUs));
    }
    this.held.set(segment, { span, frames: decodable(frames, named), broken: named });
    this.tried.delete(segment);
    this.tabulate();
  }
}

/** After a record that was left out nothing decodes before the next keyframe; the browser drops those pictures too. */
function decodable(frames: readonly FrameAt[], broken: BrokenAt[]): FrameAt[] {
  let kept = frames;
  for (const hole of broken) {
    const next = kept.find((frame) => frame.keyframe && frame.atUs >= hole.fromUs);
    const untilUs = next?.atUs ?? Number.POSITIVE_INFINITY;
    const lost = kept.filter((frame) => frame.atUs >= hole.fromUs && frame.atUs < untilUs);
    hole.toUs = Math.max(hole.toUs, lost.length > 0 ? (lost.at(-1) as FrameAt).atUs + (lost.at(-1) as FrameAt).durationUs : 0);
    kept = kept.filter((frame) => !lost.includes(frame));
  }
  return [...kept];
}

function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
