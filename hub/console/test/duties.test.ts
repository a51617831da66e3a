// SPDX-License-Identifier: EUPL-1.2
// What is owed after an urgent decision: whether it is late, a publication's number as people type it, and the plan of
// the newer decision that says where cameras really hang.
import type { Duty } from "../src/hub/types";
import { expect, test } from "vitest";
import { publicationOf, revised, standingOf } from "../src/planning/duties";
import { kindOf } from "../src/planning/duty-names";

const DUE_US = 2_000_000;
const owed = (part: Partial<Duty>): Duty => ({ duty: "consultation", due_us: DUE_US, done_at_us: null, done_by: null, note: null, ...part });

test("what is due is late from its time on, also where it was done", () => {
  expect(standingOf(owed({}), DUE_US - 1)).toBe("open");
  expect(standingOf(owed({}), DUE_US)).toBe("late");
  expect(standingOf(owed({ done_at_us: DUE_US - 1 }), 9 * DUE_US)).toBe("done");
  expect(standingOf(owed({ done_at_us: DUE_US }), DUE_US)).toBe("done-late");
});

test("a publication's number is taken however it was typed, and nothing else is", () => {
  for (const typed of ["gmb-2026-123456", " GMB 2026, 123456 ", "Gmb 2026/123456"]) expect(publicationOf(typed)).toBe("gmb-2026-123456");
  for (const typed of ["", "123456", "gmb-26-1", "gmb-2026-12345678", "https://gmb-2026-1"]) expect(publicationOf(typed)).toBeNull();
});

test("the newer plan has the posts as they were signed, and what was noted since where nothing stood", () => {
  const view = { azimuth_mdeg: 90_000, tilt_mdeg: 45_000, hfov_mdeg: 66_000, height_mm: 5_000 };
  const place = { lat_e7: 545_000_000, lon_e7: 45_000_000 };
  const signed = { post: "post-1", name: "post-1", position: place, area: [place], view, ceiling_px_per_m: 250 };
  const done = [owed({ done_at_us: 1, note: "By telephone." }), owed({ duty: "alternatives", note: null })];
  const body = revised({ regime: "G151C", alternatives: "Fences." }, [signed], done);
  expect(body.posts).toEqual([{ post: "post-1", name: "post-1", position: place, area: [], view, width_px: 1920, height_px: 1080, ceiling_px_per_m: 250 }]);
  expect([body.consultation, body.alternatives]).toEqual(["By telephone.", "Fences."]);
  expect(revised({ posts: body.posts ?? [] }, [], []).posts).toEqual(body.posts);
});

test("a duty that is not known here has no kind", () => {
  expect([kindOf("posts"), kindOf("else")]).toEqual(["posts", null]);
});
