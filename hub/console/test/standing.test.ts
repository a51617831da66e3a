// SPDX-License-Identifier: EUPL-1.2
// When a window has ended, and when early; and of which camera it is known that it records.
import { describe, expect, test } from "vitest";
import { anyRecording, filmingIn, follow, nextEndUs, openNow, recordingNow, windowNow, type Standing } from "../src/hub/standing";
import { camera, filming, HOUR_US, NOW_US, overview, S } from "./facts";

const END_US = NOW_US + HOUR_US;
const standing = (unlistedUs: number | null): Standing => ({ filming: filming({ until_us: END_US }), unlistedUs });

describe("the end of a window", () => {
  test("comes with its own moment, before the hub is asked again", () => {
    expect(windowNow(standing(null), END_US - 1)).toBe("open");
    expect(windowNow(standing(null), END_US)).toBe("ended");
    expect(nextEndUs([standing(null)], END_US - 1)).toBe(END_US);
    expect(nextEndUs([standing(null)], END_US)).toBeNull();
  });

  test("is on time for a page whose clock lags behind the hub that just ended it", () => {
    expect(windowNow(standing(END_US), END_US - 900_000)).toBe("ended");
  });

  test("is early only by the hub's own clock, and stays so", () => {
    const before = follow([], overview({ filming: [filming({ until_us: END_US })] }));
    const after = follow(before, overview({ now_us: END_US - 30 * S, filming: [] }));
    const later = follow(after, overview({ now_us: END_US + 30 * S, filming: [] }));
    for (const [one] of [after, later]) expect(windowNow(one as Standing, END_US + 60 * S)).toBe("early");
  });
});

describe("what stands on the wall", () => {
  const first = filming({ deployment: "a", until_us: END_US });
  const second = filming({ deployment: "b", until_us: END_US + HOUR_US });

  test("an ended one keeps its place beside one that films, for five minutes", () => {
    const both = follow([], overview({ filming: [first, second] }));
    const one = follow(both, overview({ now_us: END_US, filming: [second] }));
    expect(one.map((each) => each.filming.deployment)).toEqual(["a", "b"]);
    expect(openNow(one, END_US)).toEqual([second]);
    const late = follow(one, overview({ now_us: END_US + 300 * S, filming: [second] }));
    expect(late.map((each) => each.filming.deployment)).toEqual(["b"]);
  });

  test("the last one stays however long nothing films", () => {
    const ended = follow(follow([], overview({ filming: [first] })), overview({ now_us: END_US, filming: [] }));
    expect(follow(ended, overview({ now_us: END_US + 9 * HOUR_US, filming: [] }))).toEqual(ended);
  });
});

describe("what films", () => {
  const of = (...cameras: Parameters<typeof camera>[0][]): number => filmingIn([filming({ cameras: cameras.map(camera) })]).length;

  test("is what a unit says it films, and no window that is open", () => {
    expect(of()).toBe(0);
    expect(of({ doing: "waiting" }, { doing: "refused" }, { doing: "failing" })).toBe(0);
    expect(of({ doing: "waiting" }, { doing: "filming" })).toBe(1);
  });

  test("is not denied of a unit that says nothing: within its order it may", () => {
    expect(of({ doing: "waiting", unit_online: false })).toBe(1);
    expect(of({ doing: null })).toBe(1);
  });
});

describe("recording", () => {
  test("is unknown where nobody reports it", () => {
    expect(recordingNow(camera({}), true, true)).toBe("yes");
    expect(recordingNow(camera({ recording: false }), true, true)).toBe("no");
    expect(recordingNow(camera({ recording: null }), true, true)).toBe("unknown");
    expect(recordingNow(camera({}), false, true)).toBe("unknown");
    expect(recordingNow(camera({}), true, false)).toBe("unknown");
  });

  test("one unknown camera makes the page's mark unknown", () => {
    const some = [filming({ cameras: [camera({}), camera({ unit_online: false })] })];
    expect(anyRecording(some, true)).toBe("unknown");
    expect(anyRecording([filming({})], true)).toBe("yes");
    expect(anyRecording([filming({})], false)).toBe("unknown");
    expect(anyRecording([filming({ cameras: [camera({ recording: false })] })], true)).toBe("no");
  });
});
