// SPDX-License-Identifier: EUPL-1.2
// Looking back: what is known of each moment, the axis, the keys, and one clock for two cameras.
import { describe, expect, test } from "vitest";
import type { CameraFootage, Span } from "../src/hub/types";
import { openedHere, readWanted, replayPath } from "../src/replay/address";
import { following, marks, momentAt, panned, shareOf, zoomed } from "../src/replay/axis";
import { paceForward, paceStill, StepClock, stillFrame, type VideoNow } from "../src/replay/pace";
import { bands, beginsAt, deaths, gapFrom, gaps, lookFrom, recordedAt, renewed, resumes, resumesBefore, segmentsIn, settledUntil, spanAt } from "../src/replay/spans";
import { deedOf, pressed, type Press, type Rate } from "../src/replay/transport";
import { HOUR_US, NOW_US, S } from "./facts";

const T = NOW_US - (NOW_US % HOUR_US);
const DUE = T + 169 * HOUR_US;

function recorded(from: number, to: number, change: Partial<Span> = {}): Span {
  const named = { segment: `s${from}`, run: "r1", due_us: DUE, starts_on_keyframe: true };
  return { kind: "recorded", from_us: T + from * S, to_us: T + to * S, ...named, ...change };
}

function gap(from: number, to: number, reason = "no-picture"): Span {
  return { kind: "gap", from_us: T + from * S, to_us: T + to * S, reason };
}

const spans: Span[] = [
  recorded(0, 8),
  { ...recorded(8, 16), from_us: T + 8 * S + 3_000 }, // fragments are timed by their arrival
  gap(16, 30),
  recorded(30, 50, { run: "r2" }),
  recorded(50, 58, { run: "r2", starts_on_keyframe: false }),
  { kind: "fetching", from_us: T + 58 * S, to_us: T + 66 * S, due_us: DUE },
];
const one: CameraFootage = { camera: "cam-1", post: "p1", unit: "u1", spans };
const other: CameraFootage = { camera: "cam-2", post: "p2", unit: "u2", spans: [recorded(0, 20), gap(20, 40, "disk"), recorded(40, 58)] };

describe("a moment", () => {
  test("is recorded, a gap, still at the unit, or unknown", () => {
    const kinds = [-1, 0, 7.999, 15, 16, 29.9, 30, 57, 60, 66, 99].map((at) => spanAt(spans, T + at * S)?.kind ?? null);
    expect(kinds).toEqual([null, "recorded", "recorded", "recorded", "gap", "gap", "recorded", "recorded", "fetching", null, null]);
    expect(spanAt(spans, T + 20 * S)?.reason).toBe("no-picture");
  });

  test("between two segments that touch but for their timing is not a hole", () => {
    expect(spanAt(spans, T + 8 * S + 1_000)).toBeNull();
    expect(recordedAt(spans, T + 8 * S + 1_000)?.segment).toBe("s0");
    expect(recordedAt(spans, T + 16 * S + 1_000)).toBeNull();
  });

  test("after a gap is where footage goes on, of whichever camera is first", () => {
    expect(resumes([one], T + 20 * S)).toBe(T + 30 * S);
    expect(resumes([one, other], T + 17 * S)).toBe(T + 17 * S);
    expect(resumes([one], T + 60 * S)).toBeNull();
    expect(resumesBefore([one], T + 20 * S)).toBe(T + 16 * S - 1);
    expect(resumesBefore([one], T)).toBeNull();
  });
});

test("looking back begins where there is footage, and not in a gap", () => {
  expect(beginsAt([one], T - 60 * S)).toBe(T);
  expect(beginsAt([one], T + 10 * S)).toBe(T + 10 * S);
  expect(beginsAt([one], T + 20 * S)).toBe(T + 30 * S);
  expect(beginsAt([one], T + 60 * S)).toBe(T + 60 * S); // still at its unit
  expect(beginsAt([one], T + 90 * S)).toBe(T + 58 * S - 1);
  expect(beginsAt([], T)).toBe(T);
});

describe("the bands", () => {
  test("join what says the same", () => {
    expect(bands(spans).map(({ kind, fromUs, toUs }) => [kind, (fromUs - T) / S, (toUs - T) / S])).toEqual([
      ["recorded", 0, 16],
      ["gap", 16, 30],
      ["recorded", 30, 58],
      ["fetching", 58, 66],
    ]);
  });

  test("never join two reasons, nor two hours", () => {
    expect(bands([gap(0, 1), gap(1, 2, "disk")])).toHaveLength(2);
    expect(bands([recorded(0, 8), recorded(8, 16, { due_us: DUE + HOUR_US })])).toHaveLength(2);
  });

  test("say of each hour when it dies, over all cameras", () => {
    const late = recorded(3600, 3608, { due_us: DUE + HOUR_US });
    expect(deaths([one, { ...other, spans: [...other.spans, late] }])).toEqual([
      { fromUs: T, toUs: T + 66 * S, dueUs: DUE },
      { fromUs: T + HOUR_US, toUs: T + HOUR_US + 8 * S, dueUs: DUE + HOUR_US },
    ]);
  });

  test("lead from gap to gap", () => {
    expect(gaps([one, other]).map(({ camera, reason }) => [camera, reason])).toEqual([
      ["cam-1", "no-picture"],
      ["cam-2", "disk"],
    ]);
    expect(gapFrom([one, other], T + 16 * S, 1)).toBe(T + 20 * S);
    expect(gapFrom([one, other], T + 20 * S, -1)).toBe(T + 16 * S);
    expect(gapFrom([one, other], T + 40 * S, 1)).toBeNull();
  });
});

describe("what is known anew", () => {
  test("takes the place of what may have changed, and leaves the rest", () => {
    const fromUs = settledUntil([one], T);
    expect(fromUs).toBe(T + 58 * S);
    const arrived = recorded(58, 66, { run: "r2" });
    const [now] = renewed([one], [{ ...one, spans: [arrived, gap(66, 70)] }], fromUs);
    expect(now?.spans).toEqual([...spans.slice(0, 5), arrived, gap(66, 70)]);
    expect(renewed([], [one], T)).toEqual([one]);
    expect(renewed([one], [{ ...one, spans: spans.slice(4) }], fromUs)).toEqual([one]);
  });

  test("reaches back to each camera's newest, and to the window's beginning at most", () => {
    expect(settledUntil([{ ...one, spans: spans.slice(0, 2) }, other], T)).toBe(T + 8 * S + 3_000);
    expect(settledUntil([{ ...one, spans: [] }], T)).toBe(T);
  });
});

describe("what is fetched", () => {
  test("is what the stretch touches, with what it cannot be decoded without", () => {
    const named = (from: number, to: number): (string | undefined)[] =>
      segmentsIn(spans, { fromUs: T + from * S, toUs: T + to * S }).map((span) => span.segment);
    expect(named(2, 9)).toEqual(["s0", "s8"]);
    expect(named(17, 29)).toEqual([]);
    expect(named(52, 53)).toEqual(["s30", "s50"]);
  });

  test("is asked for from the keyframe on, of every camera in the picture", () => {
    expect(lookFrom([one], T + 12 * S)).toBe(T + 8 * S + 3_000);
    expect(lookFrom([one, other], T + 12 * S)).toBe(T);
    expect(lookFrom([one], T + 20 * S)).toBe(T + 20 * S);
  });
});

describe("the axis", () => {
  const limits = { fromUs: T, toUs: T + 3600 * S };
  const view = { fromUs: T + 600 * S, toUs: T + 1200 * S };

  test("zooms about the pointer and stays within what there is", () => {
    const at = T + 750 * S;
    const nearer = zoomed(view, 2, at, limits);
    expect(nearer.toUs - nearer.fromUs).toBe(300 * S);
    expect(shareOf(nearer, at)).toBeCloseTo(shareOf(view, at), 9);
    expect(zoomed(view, 0.001, at, limits)).toEqual(limits);
    const nearest = zoomed(view, 1e9, at, limits);
    expect(nearest.toUs - nearest.fromUs).toBe(10 * S);
  });

  test("moves, follows, and gives the moment under a point", () => {
    expect(panned(view, 60 * S, limits)).toEqual({ fromUs: T + 660 * S, toUs: T + 1260 * S });
    expect(panned(view, -9999 * S, limits)).toEqual({ fromUs: T, toUs: T + 600 * S });
    expect(following(view, T + 900 * S, limits)).toBe(view);
    for (const us of [T + 300 * S, T + 2000 * S]) {
      const { fromUs, toUs } = following(view, us, limits);
      expect(fromUs < us && us < toUs).toBe(true);
      expect(toUs - fromUs).toBe(600 * S);
    }
    expect(momentAt(view, shareOf(view, T + 777 * S))).toBe(T + 777 * S);
  });

  test("has round marks that do not touch", () => {
    const { stepS, atUs } = marks(view, 8);
    expect(stepS).toBe(120);
    expect(atUs.every((us) => us % (stepS * S) === 0)).toBe(true);
    expect(marks({ fromUs: T, toUs: T + 10 * S }, 8).stepS).toBe(2);
  });
});

describe("J K L", () => {
  const after = (...presses: Press[]): Rate => presses.reduce<Rate>((rate, press) => pressed(press, rate), 0);

  test("go back, stand still, go forward, and faster when pressed again", () => {
    expect([1, 2, 3, 4].map((times) => after(...Array<Press>(times).fill("forward")))).toEqual([1, 2, 4, 4]);
    expect([1, 2, 3, 4].map((times) => after(...Array<Press>(times).fill("back")))).toEqual([-1, -2, -4, -4]);
    expect(after("forward", "forward", "back")).toBe(-1);
    expect(after("back", "back", "forward")).toBe(1);
    expect(after("forward", "forward", "still")).toBe(0);
    expect([after("toggle"), after("forward", "forward", "toggle"), after("back", "toggle")]).toEqual([1, 0, 0]);
  });

  test("are keys, with or without capitals, and never the browser's own", () => {
    const bare = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
    for (const key of ["l", "L"]) expect(deedOf({ key, ...bare })).toEqual({ do: "transport", press: "forward" });
    expect(deedOf({ key: "l", ...bare, ctrlKey: true })).toBeNull();
    expect(deedOf({ key: ".", ...bare })).toEqual({ do: "frame", by: 1 });
    expect(deedOf({ key: "ArrowLeft", ...bare })).toEqual({ do: "move", byS: -5 });
    expect(deedOf({ key: "ArrowLeft", ...bare, shiftKey: true })).toEqual({ do: "move", byS: -60 });
    expect(deedOf({ key: "q", ...bare })).toBeNull();
  });
});

describe("two cameras under one clock", () => {
  /** A video element as far as the clock sees it; each runs at its own true speed and starts late. */
  class Video {
    now: VideoNow = { currentS: 0, paused: true, seeking: false, rate: 1 };
    private lateMs: number;
    constructor(private readonly speed: number, startsAfterMs: number) {
      this.lateMs = startsAfterMs;
    }

    turn(ms: number, wantS: number, rate: number): void {
      const order = paceForward(wantS, rate, true, this.now);
      if (order.do === "seek") this.now = { ...this.now, currentS: order.toS };
      if (order.do === "play") this.now = { ...this.now, paused: false, rate: order.rate };
      if (order.do === "rate") this.now = { ...this.now, rate: order.rate };
      if (this.now.paused) return;
      this.lateMs -= ms;
      if (this.lateMs <= 0) this.now = { ...this.now, currentS: this.now.currentS + (ms / 1000) * this.now.rate * this.speed };
    }
  }

  test.each([1, 2, 4])("stay within half a frame of each other at %i times", (rate) => {
    const clock = new StepClock(T);
    const videos = [new Video(1.003, 10), new Video(0.997, 70)];
    const apart: number[] = [];
    for (let ms = 0; ms < 20_000; ms += 16) {
      clock.advance(ms, rate, true, T, T + 3600 * S);
      for (const video of videos) video.turn(16, (clock.positionUs - T) / 1e6, rate);
      const [first, second] = videos.map((video) => video.now.currentS) as [number, number];
      if (ms > 1_500) apart.push(Math.abs(first - second) / rate);
    }
    expect(Math.max(...apart)).toBeLessThan(0.02);
    expect(clock.positionUs - T).toBe(19_984 * 1000 * rate);
  });

  test("wait for each other, and stop where the look ends", () => {
    const clock = new StepClock(T);
    clock.advance(0, 1, true, T, T + S);
    clock.advance(100, 1, false, T, T + S);
    expect(clock.positionUs).toBe(T);
    for (let ms = 200; ms < 3000; ms += 100) clock.advance(ms, 1, true, T, T + S);
    expect(clock.positionUs).toBe(T + S);
    const playing = { currentS: 5, paused: false, seeking: false, rate: 1 };
    expect(paceForward(5, 1, false, playing)).toEqual({ do: "pause" });
    expect(paceForward(9, 1, true, playing)).toEqual({ do: "seek", toS: 9 });
    expect(paceForward(9, 1, true, { ...playing, seeking: true })).toEqual({ do: "nothing" });
  });

  test("show the middle of a picture when still, and only keyframes backwards", () => {
    const paused = { currentS: 2, paused: true, seeking: false, rate: 1 };
    expect(paceStill({ fromS: 2, durationS: 0.04 }, paused)).toEqual({ do: "seek", toS: 2.02 });
    expect(paceStill({ fromS: 2, durationS: 0.04 }, { ...paused, currentS: 2.0201 })).toEqual({ do: "nothing" });
    const [at, key] = [
      { atUs: T + S, durationUs: 40_000, keyframe: false },
      { atUs: T, durationUs: 40_000, keyframe: true },
    ];
    expect([stillFrame(0, at, key), stillFrame(-2, at, key)]).toEqual([at, key]);
  });
});

describe("the address", () => {
  test("carries the camera and two minutes", () => {
    const path = replayPath("018f-1", "cam/1");
    expect(readWanted(path.slice(path.indexOf("?")))).toEqual({ deployment: "018f-1", camera: "cam/1", backS: 120 });
    expect(readWanted("?back=1e9").backS).toBeNull();
  });

  test("makes a look only for a page that this console opened", () => {
    const location = { origin: "https://hub.example" };
    expect(openedHere({ opener: { location }, location })).toBe(true);
    expect(openedHere({ opener: null, location })).toBe(false);
    expect(openedHere({ opener: { location: { origin: "https://other.example" } }, location })).toBe(false);
    const foreign = { get location(): never { throw new DOMException("", "SecurityError"); } };
    expect(openedHere({ opener: foreign, location })).toBe(false);
  });
});
