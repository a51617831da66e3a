// SPDX-License-Identifier: EUPL-1.2
// A tile never lies: which state follows from which facts.
import { describe, expect, test } from "vitest";
import { afterClose, afterRefusal, waitMs } from "../src/live/close-codes";
import { showsPicture, tileState, type Facts, type Link } from "../src/live/tile-state";

const open: Link = { phase: "open" };
const away: Link = { phase: "away", reason: "line", sinceUs: 0 };
const facts = (change: Partial<Facts>): Facts => ({ link: open, windowOpen: true, unitOffline: false, ageMs: 100, ...change });
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

  test("also when the line has dropped: the picture is not wiped, it grows old", () => {
    expect(tileState(facts({ link: away, ageMs: 900 }))).toBe("live");
    expect(tileState(facts({ link: away, ageMs: 9_000 }))).toBe("stale");
    expect(tileState(facts({ link: away, ageMs: null }))).toBe("opening");
  });
});

describe("no picture where the last one would lie", () => {
  test.each([
    ["lost", facts({ unitOffline: true })],
    ["closed", facts({ windowOpen: false })],
    ["closed", facts({ windowOpen: false, unitOffline: true })],
    ["closed", facts({ link: stopped("window") })],
    ["ended", facts({ link: stopped("grant") })],
    ["ended", facts({ link: stopped("withdrawn"), unitOffline: true })],
    ["idle", facts({ link: { phase: "idle" } })],
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
  test("with growing waits", () => expect([0, 1, 2, 3, 4, 5, 50].map(waitMs)).toEqual([1e3, 2e3, 4e3, 8e3, 15e3, 3e4, 3e4]));
});
