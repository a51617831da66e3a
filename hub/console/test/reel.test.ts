// SPDX-License-Identifier: EUPL-1.2
// One camera's reel: it fetches what is needed around a moment and no more, names what does not hold, and lets go.
import { describe, expect, test, vi } from "vitest";
import { HubUnreachableError, RefusedError } from "../src/hub/api";
import type { Span } from "../src/hub/types";
import type { PlayBuffer } from "../src/replay/media-buffer";
import { failureOf, Reel, type Fetching } from "../src/replay/reel";
import type { Bytes } from "../src/replay/sealed";
import { FRAGMENT_US, FRAME_US, part, released, short, SHORT_FROM_US, shortStretch } from "./sealed-file";

const LENGTH_US = 4 * FRAGMENT_US;
const S = 1_000_000;
const span: Span = { kind: "recorded", from_us: SHORT_FROM_US, to_us: SHORT_FROM_US + LENGTH_US, segment: "a", run: "r", starts_on_keyframe: true };
const far: Span = { ...span, segment: "b", from_us: SHORT_FROM_US + 100 * S, to_us: SHORT_FROM_US + 108 * S };
const look = { fromUs: SHORT_FROM_US, toUs: SHORT_FROM_US + 200 * S };

interface Set {
  reel: Reel;
  asked: [string, number, number][];
  appended: { offsetS: number; bytes: number }[];
  removed: [number, number][];
}

function made(records: (segment: string) => Promise<Bytes>): Set {
  const asked: Set["asked"] = [];
  const appended: Set["appended"] = [];
  const removed: Set["removed"] = [];
  const buffer: PlayBuffer = {
    append: (data, _mime, offsetS) => {
      appended.push({ offsetS, bytes: data.length });
      return Promise.resolve();
    },
    remove: (fromS, toS) => {
      removed.push([fromS, toS]);
      return Promise.resolve();
    },
    close: () => undefined,
  };
  const fetching: Fetching = {
    records: (segment, { fromUs, toUs }) => {
      asked.push([segment, fromUs, toUs]);
      return records(segment);
    },
    keys: () => Promise.resolve(released(shortStretch())),
  };
  return { reel: new Reel(look, fetching, buffer, () => 500, () => undefined), asked, appended, removed };
}

async function wanted(set: Set, us: number, spans: readonly Span[] = [span, far], nowMs = 0): Promise<void> {
  const before = set.asked.length;
  set.reel.want(us, false, spans, nowMs);
  if (set.asked.length > before) await vi.waitFor(() => expect(set.reel.loaded(span) || set.reel.failure !== null).toBe(true));
}

describe("a reel", () => {
  test("has each picture at its capture time, whatever the run counts from", async () => {
    const set = made(() => Promise.resolve(short));
    await wanted(set, SHORT_FROM_US);
    const { reel } = set;
    expect(set.asked).toEqual([["a", span.from_us, span.to_us]]);
    expect(set.appended[0]?.offsetS).toBe(reel.mediaS(SHORT_FROM_US));
    expect(reel.frameAt(SHORT_FROM_US + 41_000)?.atUs).toBe(SHORT_FROM_US + FRAME_US);
    expect(reel.frameAt(SHORT_FROM_US + LENGTH_US)).toBeNull();
    expect(reel.captureUs(reel.mediaS(SHORT_FROM_US + 3 * FRAME_US))).toBe(SHORT_FROM_US + 3 * FRAME_US);
    expect(reel.captureUs(reel.mediaS(SHORT_FROM_US + 3 * FRAME_US) - 0.0005)).toBe(SHORT_FROM_US + 3 * FRAME_US);
  });

  test("takes a run's beginning from the fragment that arrived least late", async () => {
    const late = part(short, [0, 1, 2, 3, 4], (index, fields, ciphertext) => {
      if (index === 1 || index === 4) fields["wall_us"] = Number(fields["wall_us"]) + 150_000;
      return ciphertext;
    });
    const set = made(() => Promise.resolve(late));
    await wanted(set, SHORT_FROM_US);
    expect(set.reel.frameAt(SHORT_FROM_US)?.atUs).toBe(SHORT_FROM_US);
  });

  test("steps one picture either way, across fragments, and finds the keyframe before", async () => {
    const set = made(() => Promise.resolve(short));
    await wanted(set, SHORT_FROM_US);
    const { reel } = set;
    for (let n = 0; n < 39; n += 1) {
      const at = SHORT_FROM_US + n * FRAME_US + 7_000;
      expect(reel.neighbour(at, 1)?.atUs).toBe(SHORT_FROM_US + (n + 1) * FRAME_US);
      expect(reel.neighbour(at + FRAME_US, -1)?.atUs).toBe(SHORT_FROM_US + n * FRAME_US);
    }
    expect(reel.neighbour(SHORT_FROM_US + LENGTH_US - 1, 1)).toBeNull();
    expect(reel.keyframeBefore(SHORT_FROM_US + 19 * FRAME_US)?.atUs).toBe(SHORT_FROM_US);
    expect(reel.keyframeBefore(SHORT_FROM_US + 21 * FRAME_US)?.atUs).toBe(SHORT_FROM_US + 20 * FRAME_US);
  });

  test("fetches only what is near, once, and not outside its look", async () => {
    const set = made(() => Promise.resolve(short));
    await wanted(set, SHORT_FROM_US);
    for (let again = 0; again < 20; again += 1) await wanted(set, SHORT_FROM_US + again * FRAME_US);
    expect(set.asked).toHaveLength(1);
    const before: Span = { ...span, segment: "z", from_us: SHORT_FROM_US - 8 * S, to_us: SHORT_FROM_US };
    await wanted(set, SHORT_FROM_US, [before, span]);
    expect(set.asked).toHaveLength(1);
  });

  test("lets go of what is far behind", async () => {
    const set = made(() => Promise.resolve(short));
    await wanted(set, SHORT_FROM_US);
    set.reel.want(SHORT_FROM_US + 100 * S, false, [span, far], 0);
    expect(set.removed).toEqual([[set.reel.mediaS(SHORT_FROM_US), set.reel.mediaS(SHORT_FROM_US + LENGTH_US)]]);
    expect(set.reel.loaded(span)).toBe(false);
    expect(set.reel.frameAt(SHORT_FROM_US)).toBeNull();
  });

  test("names a record that was altered, and shows nothing of it until the next keyframe", async () => {
    const altered = part(short, [0, 1, 2, 3, 4], (index, _fields, ciphertext) => {
      if (index === 1) ciphertext[0] = (ciphertext[0] ?? 0) ^ 1;
      return ciphertext;
    });
    const set = made(() => Promise.resolve(altered));
    await wanted(set, SHORT_FROM_US);
    const { reel } = set;
    expect(reel.allBroken()).toMatchObject([{ flaw: "ciphertext", index: 1, segment: "a", fromUs: SHORT_FROM_US }]);
    for (const n of [0, 9, 10, 19]) {
      expect(reel.frameAt(SHORT_FROM_US + n * FRAME_US)).toBeNull();
      expect(reel.brokenAt(SHORT_FROM_US + n * FRAME_US)?.index).toBe(1);
    }
    expect(reel.frameAt(SHORT_FROM_US + 20 * FRAME_US)).not.toBeNull();
    expect(reel.brokenAt(SHORT_FROM_US + 20 * FRAME_US)).toBeNull();
  });

  test("names a segment that is not the one that was asked for", async () => {
    const set = made(() => Promise.resolve(new Uint8Array([1, 2, 3])));
    await wanted(set, SHORT_FROM_US);
    expect(set.reel.brokenAt(SHORT_FROM_US)?.flaw).toBe("format");
    expect(set.appended).toEqual([]);
  });

  test("has nothing of a stretch in which no record begins, and does not ask for it again", async () => {
    const set = made(() => Promise.reject(new RefusedError(404, "footage-absent", null)));
    await wanted(set, SHORT_FROM_US);
    expect([set.reel.loaded(span), set.reel.allBroken(), set.reel.failure]).toEqual([true, [], null]);
    await wanted(set, SHORT_FROM_US);
    expect(set.asked).toHaveLength(1);
  });

  test("names what the hub itself found altered", async () => {
    const set = made(() => Promise.reject(new RefusedError(500, "footage-altered", null)));
    await wanted(set, SHORT_FROM_US);
    expect(set.reel.brokenAt(SHORT_FROM_US)?.flaw).toBe("stored");
  });

  test("tries again what may come, and never what is gone", async () => {
    for (const [failure, again] of [
      [new HubUnreachableError("x"), true],
      [new RefusedError(503, "log-unavailable", null), true],
      [new RefusedError(410, "footage-erased", null), false],
      [new RefusedError(403, "not-granted", null), false],
      [new RefusedError(409, "footage-elsewhere", null), true],
    ] as const) {
      const set = made(() => Promise.reject(failure));
      await wanted(set, SHORT_FROM_US);
      expect(set.reel.failure).toEqual(failureOf(failure));
      set.reel.want(SHORT_FROM_US, false, [span], 100);
      expect(set.asked).toHaveLength(1);
      set.reel.want(SHORT_FROM_US, false, [span], 600);
      expect(set.asked).toHaveLength(again ? 2 : 1);
    }
  });
});

test("a refusal is told apart by what the person can do", () => {
  const kind = (status: number, reason = ""): string => failureOf(new RefusedError(status, reason, null)).kind;
  expect([kind(401), kind(403, "not-allowed"), kind(429), kind(500), kind(503, "log-unavailable"), kind(422)]).toEqual([
    "signed-out", "refused", "hub", "hub", "log", "refused",
  ]);
});
