// SPDX-License-Identifier: EUPL-1.2
// At the mast: the way to turn in words, the planned ground in the picture, what is read of a code.
import type { AssignmentView } from "../src/hub/types";
import { describe, expect, test } from "vitest";
import { horizonOf, lookingOf, outlineOf, tiltOf, turnOf } from "../src/mast/aim";
import { HubUnreachableError, RefusedError } from "../src/hub/api";
import type { KeptPhoto } from "../src/mast/kept";
import { sendEach } from "../src/mast/photos";
import { found, standsOf } from "../src/mast/UnitStep";
import { codeIn } from "../src/mast/phone";
import { mast as en } from "../src/mast/words.en";
import { mast as nl } from "../src/mast/words.nl";
import { askedFor, placedAt, workOf } from "../src/mast/work";
import type { Post } from "../src/approving/decision";

const post: Post = {
  post: "post-1",
  name: "Podium",
  position: { lat_e7: 545_000_000, lon_e7: 45_000_000 },
  area: [
    { lat_e7: 545_001_000, lon_e7: 44_999_000 },
    { lat_e7: 545_001_000, lon_e7: 45_001_000 },
    { lat_e7: 545_004_000, lon_e7: 45_001_000 },
    { lat_e7: 545_004_000, lon_e7: 44_999_000 },
  ],
  view: { azimuth_mdeg: 0, tilt_mdeg: 22_000, hfov_mdeg: 66_000, height_mm: 6_000 },
  ceiling_px_per_m: 250,
};

describe("which way to turn", () => {
  test.each([
    [180_000, 174_000, "right", 6],
    [174_000, 180_000, "left", 6],
    [2_000, 357_000, "right", 5],
    [357_000, 2_000, "left", 5],
    [0, 180_000, "left", 180],
    [90_000, 92_000, "good", 0],
    [90_000, 92_001, "left", 2],
    [359_000, 360_000, "good", 0],
  ] as const)("the plan is %i, it looks at %i", (plan, now, way, degrees) => {
    expect(turnOf(plan, now)).toEqual({ way, degrees });
  });

  test("down is more tilt", () => {
    expect(tiltOf(22_000, 10_000)).toEqual({ way: "down", degrees: 12 });
    expect(tiltOf(22_000, 30_000)).toEqual({ way: "up", degrees: 8 });
    expect(tiltOf(22_000, 23_000)).toEqual({ way: "good", degrees: 0 });
  });

  test("a phone that is held upright looks where its back looks", () => {
    expect(lookingOf(0, 90, 0)).toEqual({ azimuth_mdeg: 0, tilt_mdeg: 0 });
    expect(lookingOf(270, 90, 0)).toEqual({ azimuth_mdeg: 90_000, tilt_mdeg: 0 });
    expect(lookingOf(180, 68, 0)).toEqual({ azimuth_mdeg: 180_000, tilt_mdeg: 22_000 });
    expect(lookingOf(0, 0, 0).tilt_mdeg).toBe(90_000);
  });
});

describe("the plan in the picture", () => {
  test("a level lens has its horizon in the middle, one that looks down above it", () => {
    expect(horizonOf({ ...post, view: { ...post.view, tilt_mdeg: 0 } })).toBeCloseTo(0.5);
    expect(horizonOf(post)).toBeLessThan(0.5);
  });

  test("ground ahead lies left and right of the middle, the near side lower", () => {
    const points = outlineOf(post).flat();
    const nearest = points.reduce((low, one) => (one.y > low.y ? one : low));
    const farthest = points.reduce((high, one) => (one.y < high.y ? one : high));
    expect(Math.min(...points.map(({ x }) => x))).toBeLessThan(0.5);
    expect(Math.max(...points.map(({ x }) => x))).toBeGreaterThan(0.5);
    expect(nearest.y).toBeGreaterThan(farthest.y);
    expect(farthest.y).toBeGreaterThan(horizonOf(post));
  });

  test("ground behind the lens is not drawn", () => {
    const behind = { ...post, view: { ...post.view, azimuth_mdeg: 180_000, tilt_mdeg: 0 } };
    expect(outlineOf(behind)).toEqual([]);
  });
});

test("a claim code is found in whatever a label says", () => {
  expect(codeIn("K7QF2-9DMXA")).toBe("K7QF2-9DMXA");
  expect(codeIn("flexzicht:claim:k7qf29dmxa")).toBe("K7QF2-9DMXA");
  expect(codeIn("https://example.org")).toBeNull();
});

describe("what stands at a post", () => {
  const one = (change: Partial<AssignmentView>): AssignmentView => ({
    ...{ type: "assignment", digest: "d", body: "", signed_by: [], log_index: 4, post: "post-1", unit: "unit-1", camera: "camera-1", serial: 1, setup: null },
    ...change,
  });

  test("is the newest placement that two signed, never an aiming", () => {
    const assignments = [one({}), one({ unit: "unit-2", serial: 2 }), one({ unit: "unit-3", serial: 3, log_index: null }), one({ unit: "unit-4", serial: 9, setup: { from_us: 1, to_us: 2 } })];
    expect(placedAt({ assignments }, "post-1")?.unit).toBe("unit-2");
    expect(placedAt({ assignments }, "post-2")).toBeNull();
    expect(askedFor({ assignments }, "post-1", "unit-3", false)?.log_index).toBeNull();
    expect(askedFor({ assignments }, "post-1", "unit-4", true)?.serial).toBe(9);
  });

  test("who is in no team has no work", () => {
    expect(workOf([], null)).toEqual([]);
  });
});

describe("a unit whose code was typed", () => {
  const stands = async (waits: boolean, known: boolean, untilUs: number | null = 100): Promise<string> => {
    const answer = { incoming: async () => (waits ? [{ unit: "unit-1" }] : []), units: async () => (known ? [{ unit: "unit-1", state: "active" }] : []) };
    return standsOf(await found("unit-1", answer as never), untilUs, 50);
  };

  test("waits, is confirmed, was refused, or its code lapsed", async () => {
    expect(standsOf(null, 10, 50)).toBe("waiting");
    expect(await stands(true, false)).toBe("waiting");
    expect(await stands(false, true)).toBe("confirmed");
    expect(await stands(false, false)).toBe("refused");
    expect(await stands(false, false, 50)).toBe("expired");
  });

  test("is never refused because it was let in between two questions", async () => {
    let inside = false;
    const answer = {
      incoming: async () => {
        inside = true;
        return [];
      },
      units: async () => (inside ? [{ unit: "unit-1", state: "active" }] : []),
    };
    expect(standsOf(await found("unit-1", answer as never), 100, 50)).toBe("confirmed");
  });
});

describe("photos that wait on the phone", () => {
  const photo = (id: number): KeptPhoto => ({ id, refused: null }) as KeptPhoto;

  async function sent(...answers: (Error | null)[]): Promise<{ done: number[]; refused: number[]; out: boolean }> {
    const seen = { done: [] as number[], refused: [] as number[], out: false };
    await sendEach(answers.map((_, n) => photo(n)), {
      put: async ({ id }) => {
        const answer = answers[id];
        if (answer) throw answer;
        seen.done.push(id);
      },
      refuse: async ({ id }) => void seen.refused.push(id),
      onSignedOut: () => (seen.out = true),
    });
    return seen;
  }
  const no = (status: number): Error => new RefusedError(status, "no", null);

  test.each([400, 403, 404, 409, 410, 413, 415, 422])("one that is answered %i is not sent again, and the next goes", async (status) => {
    expect(await sent(no(status), null)).toEqual({ done: [1], refused: [0], out: false });
  });

  test.each([408, 429, 500, 503])("one that is answered %i waits, and the next goes", async (status) => {
    expect(await sent(no(status), null)).toEqual({ done: [1], refused: [], out: false });
  });

  test("without a line or a session all wait", async () => {
    expect(await sent(new HubUnreachableError("no line"), null)).toEqual({ done: [], refused: [], out: false });
    expect(await sent(no(401), null)).toEqual({ done: [], refused: [], out: true });
  });
});

test("both languages have the same words with the same figures", () => {
  const flat = (words: object, at = ""): [string, string][] =>
    Object.entries(words).flatMap(([key, value]) => (typeof value === "string" ? [[at + key, value] as [string, string]] : flat(value as object, `${at}${key}.`)));
  const figures = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1] as string).sort();
  const dutch = new Map(flat(nl));
  const english = flat(en);
  expect(english.map(([key]) => key)).toEqual([...dutch.keys()]);
  for (const [key, words] of english) expect([key, ...figures(words)]).toEqual([key, ...figures(dutch.get(key) ?? "")]);
});
