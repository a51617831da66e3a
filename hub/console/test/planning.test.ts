// SPDX-License-Identifier: EUPL-1.2
// Plans without a page: geometry, optics, keys, undo, and two people in one plan.
import type { DeploymentView } from "../src/hub/types";
import { describe, expect, test } from "vitest";
import { coverage, ringM, type Obstacle } from "../src/planning/coverage";
import { begun, changed, redone, undone } from "../src/planning/history";
import { insideView } from "../src/planning/keeping-inside";
import { typedOf, usOf } from "../src/planning/local-time";
import { nextPath, rowsOf } from "../src/planning/listing";
import { changesOf, contested, laidOver, same, type Draft } from "../src/planning/merging";
import { mended, mendsOf, nearM, sharpest, slantM, vfovDeg } from "../src/planning/optics";
import { areaM2, bearing, crossesItself, distanceM, inside, moved, Plane } from "../src/planning/plane";
import { deedOf, done, freeName, newPost, wholePost } from "../src/planning/posts";
import { sightOf } from "../src/planning/sight";
import { filled, firstOpen, oddWindows, postAt, stepOf } from "../src/planning/steps";
import type { PlanPost, PlanSummary, Position } from "../src/planning/types";
import { asPolicyFills, endsAfter, missing, NOTHING_ASKED, postsAt, suggested, urgentBody } from "../src/planning/urgent";

const HOME: Position = { lat_e7: 545_000_000, lon_e7: 45_000_000 };
const SQUARE = [moved(HOME, 0, 0), moved(HOME, 100, 0), moved(HOME, 100, 100), moved(HOME, 0, 100)];

function post(part: Partial<PlanPost["view"]> = {}, at: Position = moved(HOME, 50, 10)): PlanPost {
  const view = { azimuth_mdeg: 0, tilt_mdeg: 20_000, hfov_mdeg: 88_000, height_mm: 6_000, ...part };
  return { post: "c1", name: "Mast", position: at, area: [], view, width_px: 3840, height_px: 2160, ceiling_px_per_m: 250 };
}

describe("the plane", () => {
  test("keeps metres and degrees together to a centimetre", () => {
    const plane = new Plane(HOME);
    const spot = plane.to(plane.from({ x: 123.4, y: -56.7 }));
    expect(spot.x).toBeCloseTo(123.4, 2);
    expect(spot.y).toBeCloseTo(-56.7, 2);
    expect(distanceM(HOME, moved(HOME, 3, 4))).toBeCloseTo(5, 2);
    expect(bearing(HOME, moved(HOME, 10, 0))).toBeCloseTo(90, 1);
    expect(bearing(HOME, moved(HOME, -10, -10))).toBeCloseTo(225, 1);
  });

  test("measures an area, knows what lies in it, and a border that crosses itself", () => {
    expect(areaM2(SQUARE)).toBeCloseTo(10_000, -1);
    expect(areaM2(SQUARE.slice(0, 2))).toBe(0);
    expect(inside(moved(HOME, 50, 50), SQUARE)).toBe(true);
    expect(inside(moved(HOME, 150, 50), SQUARE)).toBe(false);
    expect(crossesItself(SQUARE)).toBe(false);
    const [a, b, c, d] = SQUARE as [Position, Position, Position, Position];
    expect(crossesItself([a, c, b, d])).toBe(true);
  });
});

describe("optics", () => {
  test("gives the published rings: r = W / (2 q tan(hfov/2))", () => {
    const camera = post();
    for (const [level, metres] of [[20, 99], [40, 50], [80, 25], [125, 16], [250, 8]] as const) {
      expect(Math.round(slantM(camera, level))).toBe(metres);
    }
    expect(ringM(camera, 80)).toBeCloseTo(Math.sqrt(slantM(camera, 80) ** 2 - 4.3 ** 2), 6);
    expect(ringM(camera, 1000)).toBe(0); // nowhere on the ground
  });

  test("begins where the ground comes into the picture", () => {
    const camera = post({ hfov_mdeg: 90_000 });
    expect(vfovDeg(camera)).toBeCloseTo(58.7, 1);
    expect(nearM(camera)).toBeCloseTo(6 / Math.tan((49.36 * Math.PI) / 180), 1);
    expect(nearM(post({ tilt_mdeg: -60_000 }))).toBe(Number.POSITIVE_INFINITY);
  });

  test("mends what is too sharp, and each mend holds", () => {
    const camera = { ...post({ hfov_mdeg: 60_000, height_mm: 8_000 }), width_px: 1920, height_px: 1080 };
    expect(sharpest(camera)).toBeGreaterThan(150);
    const mends = mendsOf(camera, 150);
    expect(mends.map((one) => one.kind)).toContain("widen");
    for (const mend of mends) expect(sharpest(mended(camera, mend))).toBeLessThanOrEqual(150);
    const long = post({ hfov_mdeg: 42_000, height_mm: 5_000, tilt_mdeg: 24_000 });
    const [last] = mendsOf(long, 250);
    expect(last).toBeDefined();
    if (last) expect(sharpest(mended(long, last))).toBeLessThanOrEqual(250);
  });

  test("a new post looks at the middle and keeps under the ceiling", () => {
    const made = newPost({ name: "Mast 1", position: moved(HOME, 50, 0), heightM: 5 }, SQUARE, 125, ["c1"]);
    expect(made.post).toBe("c2");
    expect(made.view.azimuth_mdeg).toBeLessThan(1_001);
    expect(sharpest(made)).toBeLessThanOrEqual(125);
    const half = wholePost({ post: "c9", name: null, view: null }, SQUARE, 250);
    expect(half.view.hfov_mdeg).toBeGreaterThan(0);
    expect(inside(half.position, SQUARE)).toBe(true);
  });
});

describe("what a post sees", () => {
  const plane = new Plane(HOME);
  const middleRay = (obstacles: Obstacle[]): { from: number; to: number; stretches: number } => {
    const camera = { ...post({ tilt_mdeg: 12_000 }, moved(HOME, 50, 0)), ceiling_px_per_m: 1500 };
    const { rays } = sightOf(camera, obstacles, plane);
    const { covered } = rays[Math.floor(rays.length / 2)] ?? { covered: [] };
    return { from: covered[0]?.[0] ?? -1, to: covered.at(-1)?.[1] ?? -1, stretches: covered.length };
  };

  test("reaches to the level of 20 px/m where nothing stands", () => {
    const free = middleRay([]);
    expect(free.from).toBeCloseTo(nearM({ ...post({ tilt_mdeg: 12_000 }) }), 1);
    expect(free.to).toBeCloseTo(ringM(post(), 20), 1);
  });

  test("ends at a building, and goes on behind what is low", () => {
    const box = (height_mm: number): Obstacle => ({
      area: [moved(HOME, 45, 30), moved(HOME, 55, 30), moved(HOME, 55, 34), moved(HOME, 45, 34)],
      height_mm,
    });
    expect(middleRay([box(12_000)]).to).toBeCloseTo(30, 1);
    const kiosk = middleRay([box(3_400)]);
    expect(kiosk.stretches).toBe(2);
    expect(middleRay([box(700)]).stretches).toBe(2); // not ground itself, and no shadow
  });

  test("a stand is found that stays inside the area", () => {
    const camera = { ...post({ azimuth_mdeg: 30_000, hfov_mdeg: 60_000 }, moved(HOME, 80, 10)), width_px: 1280, height_px: 720 };
    const view = insideView(camera, SQUARE, [], 20, 1500);
    expect(view).not.toBeNull();
    expect(view).not.toEqual(camera.view);
  });
});

describe("the keys", () => {
  const press = (key: string, shiftKey = false) => deedOf({ key, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

  test("move, turn, widen and tilt by the steps they promise", () => {
    const before = post();
    const after = (key: string, shift = false): PlanPost => done(before, press(key, shift) ?? { kind: "turn", degrees: 999 });
    expect(distanceM(before.position, after("ArrowRight").position)).toBeCloseTo(0.5, 2);
    expect(distanceM(before.position, after("ArrowUp", true).position)).toBeCloseTo(5, 2);
    expect(after("]").view.azimuth_mdeg).toBe(1_000);
    expect(after("{", true).view.azimuth_mdeg).toBe(350_000);
    expect(after("=").view.hfov_mdeg).toBe(87_000);
    expect(after("-").view.hfov_mdeg).toBe(89_000);
    expect(after(".").view.tilt_mdeg).toBe(21_000);
    expect(after(",").view.tilt_mdeg).toBe(19_000);
  });

  test("leave the browser's own alone", () => {
    expect(deedOf({ key: "-", shiftKey: false, ctrlKey: true, metaKey: false, altKey: false })).toBeNull();
    expect(press("Tab")).toBeNull();
  });
});

describe("undo", () => {
  test("takes back a drag as one step, and gives it again", () => {
    let history = begun(0);
    history = changed(history, 1, "drag c1", 0);
    history = changed(history, 2, "drag c1", 100);
    history = changed(history, 3, "turn c1", 200);
    expect(undone(history).present).toBe(2);
    expect(undone(undone(history)).present).toBe(0);
    expect(redone(redone(undone(undone(history)))).present).toBe(3);
    expect(undone(begun(7)).present).toBe(7);
  });
});

describe("two people in one plan", () => {
  const base: Draft = { title: "Plein", body: { necessity: "a", posts: [post()], retention_h: 168 } };
  const first = base.body.posts?.[0] as PlanPost;

  test("what each changed is kept where only they did", () => {
    const mine: Draft = { ...base, body: { ...base.body, necessity: "mine" } };
    const theirs: Draft = { title: "Plein 2", body: { ...base.body, retention_h: 24 } };
    expect(laidOver(base, mine, theirs)).toEqual({ title: "Plein 2", body: { ...base.body, necessity: "mine", retention_h: 24 } });
    expect(contested(base, mine, theirs)).toEqual([]);
    expect(changesOf(base, theirs)).toEqual(["title", "retention_h"]);
  });

  test("posts are taken one by one, and two of one name are both kept", () => {
    const added = (name: string): PlanPost => ({ ...first, post: "c2", name });
    const mine: Draft = { ...base, body: { ...base.body, posts: [{ ...first, name: "moved by me" }, added("mine")] } };
    const theirs: Draft = { ...base, body: { ...base.body, posts: [first, added("theirs")] } };
    const posts = laidOver(base, mine, theirs).body.posts ?? [];
    expect(posts.map((one) => [one.post, one.name])).toEqual([["c1", "moved by me"], ["c2", "theirs"], ["c3", "mine"]]);
  });

  test("a post that I took away is gone, one that they took away and I changed is not", () => {
    const none: Draft = { ...base, body: { ...base.body, posts: [] } };
    const touched: Draft = { ...base, body: { ...base.body, posts: [{ ...first, name: "x" }] } };
    expect(laidOver(base, none, base).body.posts).toEqual([]);
    expect(laidOver(base, touched, none).body.posts?.[0]?.name).toBe("x");
    expect(contested(base, touched, none)).toEqual(["posts"]);
  });

  test("absent and empty are the same", () => {
    expect(same({ a: null, b: [] }, {})).toBe(true);
    expect(same({ a: 0 }, {})).toBe(false);
    expect(freeName("c", ["c1", "c3"])).toBe("c2");
  });
});

describe("the Netherlands' clock", () => {
  test("goes there and back, in winter and in summer", () => {
    for (const typed of ["2026-11-24T17:00", "2026-07-01T08:30"]) expect(typedOf(usOf(typed) ?? 0)).toBe(typed);
    expect(usOf("2026-11-24T17:00")).toBe(Date.UTC(2026, 10, 24, 16) * 1000);
    expect(usOf("2026-07-01T08:30")).toBe(Date.UTC(2026, 6, 1, 6, 30) * 1000);
    expect(usOf("")).toBeNull();
  });
});

describe("the steps", () => {
  test("a finding leads to where it is mended", () => {
    expect(stepOf("posts.2.area")).toBe("posts");
    expect(stepOf("team.operators")).toBe("team");
    expect(stepOf("plan")).toBe("check");
    expect(postAt("posts.0", { posts: [post()] })).toBe("c1");
    expect(firstOpen({ regime: "G151C", designation: "d", necessity: "n" }, [])).toBe("area");
    expect(filled("settings", { recording: "continuous", on_link_loss: "stop" })).toBe(false);
    expect(filled("settings", { recording: "none", on_link_loss: "stop" })).toBe(true);
  });

  test("a list shows what waits for the planner first", () => {
    const plan = (id: string, state: PlanSummary["state"], deployment: string | null): PlanSummary => ({
      id, title: id, state, version: 1, changed_by: "a", changed_at_us: 1, deployment, number: null,
    });
    const deployment = (id: string, part: Partial<DeploymentView>): DeploymentView => ({
      id, number: "2026-001", title: id, state: "draft", created_by: "a", created_at_us: 1, plan: null, urgent: null, decision: null, previous: null,
      signatures: [], sent_back: null, assignments: [], pending: [], duties: [], ...part,
    });
    const rows = rowsOf(
      [plan("p1", "editing", null), plan("p2", "editing", "d2"), plan("p3", "submitted", "d3")],
      [deployment("d2", { sent_back: { by: "b", reason: "r", at_us: 1 } }), deployment("d3", {}), deployment("d4", { state: "open" })],
    );
    expect(rows.map((row) => [row.key, row.state])).toEqual([["p2", "sent-back"], ["p1", "editing"], ["d4", "open"], ["p3", "submitted"]]);
    expect(rows.map(nextPath)).toEqual(["/plans/p2", "/plans/p1", "/wall", "/decisions/d3"]);
  });
});

describe("an urgent plan", () => {
  const nowUs = Date.UTC(2026, 10, 24, 18, 6) * 1000;

  test("offers whole hours, and says what is open", () => {
    expect(endsAfter(nowUs).map((us) => new Date(us / 1000).getUTCHours())).toEqual([19, 20, 21]);
    expect(missing(NOTHING_ASKED, nowUs)).toEqual(["designation", "toUs", "reason", "mandateHolder"]);
    expect(missing({ ...NOTHING_ASKED, designation: "d", toUs: nowUs - 1, reason: "r", mandateHolder: "m" }, nowUs)).toEqual(["toUs"]);
  });

  test("takes masts on four sides, and leaves the rest to policy", () => {
    const masts = ([[50, 5], [95, 50], [50, 95], [5, 50], [52, 52]] as const).map(([x, y], n) => ({ name: `m${n}`, position: moved(HOME, x, y), heightM: 6 }));
    const names = suggested(masts, SQUARE);
    expect([...names].sort()).toEqual(["m0", "m1", "m2", "m3"]);
    expect(postsAt(names, masts, SQUARE, 250).map((one) => one.post)).toEqual(["c1", "c2", "c3", "c4"]);
    const asked = { ...NOTHING_ASKED, designation: "d", toUs: nowUs + 1, reason: " r ", mandateHolder: "m" };
    const people = [
      { name: "a", display: "A", role: "operator", demo: false, key: "k", fingerprint: "f" },
      { name: "b", display: "B", role: "operator", demo: false, key: null, fingerprint: null },
    ] as const;
    const body = urgentBody(asked, { regime: "G151C", people, posts: [], preset: null });
    expect(body).toEqual({
      regime: "G151C",
      designation: "d",
      windows: [{ from_us: null, to_us: nowUs + 1 }],
      team: { operators: ["a"], installers: [] },
      urgent: { mandate_holder: "m", reason: "r" },
    });
  });
});

describe("what a first user missed", () => {
  const urgent = { regime: "G151C" as const, urgent: { mandate_holder: "B. Nergens", reason: "A fence gives way." } };

  test("an urgent plan shows what policy fills in, and keeps what it says itself", () => {
    const shown = asPolicyFills(urgent, SQUARE, 250);
    expect(shown.area).toEqual(SQUARE);
    expect(shown.posts?.map((one) => [one.post, one.view.azimuth_mdeg])).toEqual([["post-1", 0], ["post-2", 90_000], ["post-3", 180_000], ["post-4", 270_000]]);
    expect([shown.recording, shown.on_link_loss, shown.necessity]).toEqual(["none", "stop", "A fence gives way."]);
    expect(filled("area", shown) && filled("posts", shown)).toBe(true);
    const own = { ...urgent, posts: [post()], recording: "continuous" as const };
    expect(asPolicyFills(own, SQUARE, 250)).toMatchObject({ posts: own.posts, recording: "continuous" });
    const ordinary = { regime: "G151C" as const };
    expect(asPolicyFills(ordinary, SQUARE, 250)).toBe(ordinary);
  });

  test("a post that hangs too high sees nothing, and a lower one does", () => {
    const seen = (height_mm: number): number | undefined => {
      const one = { ...post({ height_mm, tilt_mdeg: 22_000, hfov_mdeg: 66_000 }), width_px: 1920, height_px: 1080 };
      return coverage(SQUARE, [one], [], 40, 250)?.posts[0]?.footprint_m2;
    };
    expect(seen(90_000)).toBe(0);
    expect(seen(6_000)).toBeGreaterThan(0);
  });

  test("a window that begins in the past or ends before it begins is odd", () => {
    const hour = 3_600_000_000;
    const now = 10 * hour;
    const odd = (from_us: number | null, to_us: number): boolean => oddWindows([{ from_us, to_us }], now);
    expect([odd(9 * hour, 12 * hour), odd(12 * hour, 11 * hour)]).toEqual([true, true]);
    expect([odd(11 * hour, 12 * hour), odd(null, 12 * hour), odd(now - 30_000_000, 12 * hour)]).toEqual([false, false, false]);
  });
});
