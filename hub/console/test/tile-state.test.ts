// SPDX-License-Identifier: EUPL-1.2
// A tile never lies: which state follows from which facts, and who may be blamed for what.
import { describe, expect, test } from "vitest";
import { waitMs } from "../src/hub/backoff";
import { afterClose, afterRefusal } from "../src/live/close-codes";
import { showsPicture, tileState, unitWord, type Facts, type Link, type Reports } from "../src/live/tile-state";

const open: Link = { phase: "open" };
const away: Link = { phase: "away", reason: "line", sinceUs: 0 };
const facts = (change: Partial<Facts>): Facts => ({ link: open, windowOpen: true, unit: "online", ageMs: 100, frozen: false, off: false, ...change });
const stopped = (reason: "grant" | "window" | "withdrawn"): Link => ({ phase: "stopped", reason, atUs: null, early: false, status: null });

describe("the age of the drawn picture decides", () => {
  test.each([
    [0, "live"],
    [1_999, "live"],
    [2_000, "slow"],
    [5_000, "slow"],
    [5_001, "stale"],
    [86_400_000, "stale"],
  ])("%i ms is %s", (ageMs, state) => expect(tileState(facts({ ageMs }))).toBe(state));
});

describe("what a person did", () => {
  test("a picture that is held is never called live, however young it is", () => {
    for (const ageMs of [0, 3_000, 60_000]) expect(tileState(facts({ ageMs, frozen: true }))).toBe("frozen");
    expect(showsPicture("frozen")).toBe(true);
  });

  test("holds nothing where nothing may be shown", () => {
    expect(tileState(facts({ frozen: true, windowOpen: false }))).toBe("closed");
    expect(tileState(facts({ frozen: true, unit: "offline" }))).toBe("lost");
    expect(tileState(facts({ frozen: true, link: stopped("grant") }))).toBe("ended");
    expect(tileState(facts({ frozen: true, ageMs: null }))).toBe("opening");
  });

  test("pictures that were put off show nothing, and a window that ended says so all the same", () => {
    expect(tileState(facts({ off: true }))).toBe("off");
    expect(showsPicture("off")).toBe(false);
    expect(tileState(facts({ off: true, windowOpen: false }))).toBe("closed");
  });
});

describe("this browser has lost the hub", () => {
  test("the picture is not wiped, it stands still", () => {
    expect(tileState(facts({ link: away, unit: "unknown", ageMs: 900 }))).toBe("live");
    expect(tileState(facts({ link: away, unit: "unknown", ageMs: 2_100 }))).toBe("stale");
    expect(tileState(facts({ link: away, unit: "unknown", ageMs: null }))).toBe("away");
    expect(showsPicture("away")).toBe(false);
  });

  const reports = (change: Partial<Reports>): Reports => ({
    link: away,
    lineSaysOffline: false,
    overviewSaysOnline: false,
    hubAnswers: true,
    ...change,
  });
  test.each([
    ["unknown", reports({ hubAnswers: false })],
    ["unknown", reports({ hubAnswers: false, lineSaysOffline: true })],
    ["unknown", reports({ hubAnswers: false, link: { phase: "idle" } })],
    ["offline", reports({})],
    ["online", reports({ overviewSaysOnline: true, lineSaysOffline: true })],
    ["offline", reports({ link: open, lineSaysOffline: true, overviewSaysOnline: true })],
    ["online", reports({ link: open, hubAnswers: false })],
  ])("the unit is %s only by what the hub says now", (word, given) => expect(unitWord(given)).toBe(word));
});

describe("no picture where the last one would lie", () => {
  test.each([
    ["lost", facts({ unit: "offline" })],
    ["closed", facts({ windowOpen: false })],
    ["closed", facts({ windowOpen: false, unit: "offline" })],
    ["closed", facts({ link: stopped("window") })],
    ["ended", facts({ link: stopped("grant") })],
    ["ended", facts({ link: stopped("withdrawn"), unit: "offline" })],
    ["idle", facts({ link: { phase: "idle" } })],
    ["idle", facts({ link: { phase: "idle" }, unit: "unknown" })],
  ])("%s", (state, given) => {
    expect(tileState(given)).toBe(state);
    expect(showsPicture(tileState(given))).toBe(false);
  });
});

describe("a new look is asked for only where the reason allows it", () => {
  test.each([4001, 4002, 4003])("not after %i", (code) => expect(afterClose(code).again).toBe(false));
  test.each([1006, 1011, 1012, 4004, 4005, 4008])("again after %i", (code) => expect(afterClose(code).again).toBe(true));
  test("the hub's own no", () => {
    expect(afterRefusal(403, "not-allowed")).toEqual({ again: false, reason: "refused" });
    expect(afterRefusal(409, "window-closed")).toEqual({ again: false, reason: "window" });
    expect(afterRefusal(503, "log-unavailable")).toEqual({ again: true, reason: "log" });
    expect(afterRefusal(503, "keeper-unreachable")).toEqual({ again: true, reason: "log" });
    expect(afterRefusal(503, "media-unavailable")).toEqual({ again: true, reason: "hub" });
    expect(afterRefusal(400, "")).toEqual({ again: false, reason: "failed" });
  });
  test("with growing waits between half a second and eight, and some chance in them", () => {
    expect([0, 1, 2, 3, 4, 50].map((tries) => waitMs(tries, 0))).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    expect([0, 1, 2, 3, 4, 50].map((tries) => waitMs(tries, 1))).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });
});
