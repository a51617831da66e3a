// SPDX-License-Identifier: EUPL-1.2
// What is known of each moment of a camera: recorded, a gap and why, still at the unit, or erased; and between them,
// nothing is known.
import type { CameraFootage, Span } from "../hub/types";

/** Two stretches that nearly touch are one to the eye: fragments are timed by their arrival, to some milliseconds. */
const JOIN_US = 500_000;
const HOUR_US = 3_600_000_000;

export interface Stretch {
  fromUs: number;
  toUs: number;
}

export interface Band extends Stretch {
  kind: Span["kind"];
  reason: Span["reason"];
  dueUs: number | null;
}

/** What holds at a moment; null where nothing is known of it. */
export function spanAt(spans: readonly Span[], us: number): Span | null {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).to_us <= us) low = middle + 1;
    else high = middle;
  }
  const found = spans[low];
  return found && found.from_us <= us ? found : null;
}

/**
 * Where pictures stand or nearly stand: a moment between two segments that touch but for their timing belongs to the
 * one before.
 */
export function recordedAt(spans: readonly Span[], us: number): Span | null {
  const here = spanAt(spans, us);
  if (here) return here.kind === "recorded" ? here : null;
  const before = spanAt(spans, us - JOIN_US);
  const after = spanAt(spans, us + JOIN_US);
  return before?.kind === "recorded" && after?.kind === "recorded" ? before : null;
}

/** For drawing: neighbours that say the same become one. */
export function bands(spans: readonly Span[]): Band[] {
  const found: Band[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    const dueUs = span.due_us ?? null;
    if (last && last.kind === span.kind && last.reason === span.reason && last.dueUs === dueUs && span.from_us - last.toUs < JOIN_US) {
      last.toUs = Math.max(last.toUs, span.to_us);
    } else found.push({ fromUs: span.from_us, toUs: span.to_us, kind: span.kind, reason: span.reason, dueUs });
  }
  return found;
}

export interface Death extends Stretch {
  dueUs: number;
}

/** Each hour's key dies as a whole: which footage of all cameras together is forgotten when. */
export function deaths(cameras: readonly CameraFootage[]): Death[] {
  const byDue = new Map<number, Death>();
  for (const { spans } of cameras) {
    for (const { kind, due_us: dueUs, from_us: fromUs, to_us: toUs } of spans) {
      if (dueUs === undefined || kind === "gap" || kind === "erased") continue;
      const hourUs = fromUs - (fromUs % HOUR_US);
      const known = byDue.get(dueUs);
      if (known) {
        known.fromUs = Math.min(known.fromUs, fromUs);
        known.toUs = Math.max(known.toUs, toUs);
      } else byDue.set(dueUs, { fromUs, toUs: Math.min(toUs, hourUs + HOUR_US), dueUs });
    }
  }
  return [...byDue.values()].sort((one, other) => one.fromUs - other.fromUs);
}

export interface GapOf extends Band {
  camera: string;
}

export function gaps(cameras: readonly CameraFootage[]): GapOf[] {
  const found = cameras.flatMap(({ camera, spans }) =>
    bands(spans)
      .filter((band) => band.kind === "gap")
      .map((band) => ({ ...band, camera })),
  );
  return found.sort((one, other) => one.fromUs - other.fromUs);
}

/** The start of the gap after (or before) a moment. */
export function gapFrom(cameras: readonly CameraFootage[], us: number, direction: 1 | -1): number | null {
  const starts = gaps(cameras).map((gap) => gap.fromUs);
  return (direction === 1 ? starts.find((at) => at > us) : starts.filter((at) => at < us).at(-1)) ?? null;
}

/** Where footage goes on after a moment without it. */
export function resumes(cameras: readonly CameraFootage[], us: number): number | null {
  const starts = cameras.flatMap(({ spans }) => spans.find((span) => span.kind === "recorded" && span.to_us > us)?.from_us ?? []);
  return starts.length > 0 ? Math.max(us, Math.min(...starts)) : null;
}

/** The last moment with footage before one without it. */
export function resumesBefore(cameras: readonly CameraFootage[], us: number): number | null {
  const ends = cameras.flatMap(({ spans }) => spans.filter((span) => span.kind === "recorded" && span.from_us < us).at(-1)?.to_us ?? []);
  return ends.length > 0 ? Math.min(us, Math.max(...ends)) - 1 : null;
}

/** Where looking back begins: at a moment, or where footage goes on after it; what is still at its unit is on its way. */
export function beginsAt(cameras: readonly CameraFootage[], us: number): number {
  if (cameras.some(({ spans }) => spanAt(spans, us)?.kind === "fetching")) return us;
  return resumes(cameras, us) ?? resumesBefore(cameras, us) ?? us;
}

/** The recorded segments that a stretch touches, in order, each with those before it that it cannot be decoded without. */
export function segmentsIn(spans: readonly Span[], { fromUs, toUs }: Stretch): Span[] {
  let first = spans.findIndex((span) => span.kind === "recorded" && span.to_us > fromUs);
  if (first < 0) return [];
  for (let at = first; at > 0 && spans[at]?.starts_on_keyframe === false; at -= 1) {
    const before = spans[at - 1];
    if (before?.kind !== "recorded" || before.run !== spans[at]?.run) break;
    first = at - 1;
  }
  return spans.slice(first).filter((span) => span.kind === "recorded" && span.from_us < toUs);
}

/**
 * What a look at a moment asks for: not more than is needed, but from the beginning of the segment, because a picture
 * cannot be decoded without its keyframe.
 */
export function lookFrom(cameras: readonly CameraFootage[], us: number): number {
  const starts = cameras.flatMap(({ spans }) => {
    const [first] = segmentsIn(spans, { fromUs: us, toUs: us + 1 });
    return first ? [first.from_us] : [];
  });
  return Math.min(us, ...starts);
}

/** What was known, with what is known anew of the time from `fromUs` on. */
export function renewed(before: readonly CameraFootage[], after: readonly CameraFootage[], fromUs: number): CameraFootage[] {
  return after.map((camera) => {
    const known = before.find((one) => one.camera === camera.camera)?.spans ?? [];
    const fresh = new Set(camera.spans.map(({ from_us, to_us }) => `${from_us} ${to_us}`));
    const kept = known.filter((span) => span.to_us <= fromUs && !fresh.has(`${span.from_us} ${span.to_us}`));
    return { ...camera, spans: [...kept, ...camera.spans] };
  });
}

/** From when on anything may still change: what has not arrived, and each camera's newest. */
export function settledUntil(cameras: readonly CameraFootage[], fromUs: number): number {
  const moments = cameras.map(({ spans }) => (spans.find((span) => span.kind === "fetching") ?? spans.at(-1))?.from_us ?? fromUs);
  return Math.max(fromUs, Math.min(...moments));
}
