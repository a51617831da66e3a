// SPDX-License-Identifier: EUPL-1.2
// An area as people have it at hand, what of the grounds stands first, and how a unit is revoked.
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { inForceFirst, termOf } from "../src/grounds/api";
import { cornersOf, linesOf, withCorner } from "../src/grounds/corners";
import { byRule } from "../src/grounds/Refused";
import { HubUnreachableError, RefusedError } from "../src/hub/api";
import { failureWords } from "../src/hub/failure";
import type { Say } from "../src/i18n/language";
import type { Unit } from "../src/hub/units";
import { usOf } from "../src/planning/local-time";
import type { Position } from "../src/planning/types";
import { Revoke } from "../src/units/Revoke";
import { HOUR_US, NOW_US, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

let english: Say;
beforeAll(async () => {
  ({ english } = await words());
});

const SQUARE: Position[] = [
  { lat_e7: 520_900_000, lon_e7: 51_200_000 },
  { lat_e7: 520_900_000, lon_e7: 51_210_000 },
  { lat_e7: 520_910_000, lon_e7: 51_210_000 },
  { lat_e7: 520_910_000, lon_e7: 51_200_000 },
];
const ring = [...SQUARE, SQUARE[0] as Position].map(({ lat_e7, lon_e7 }) => [lon_e7 / 1e7, lat_e7 / 1e7]);
const polygon = { type: "Polygon", coordinates: [ring] };

describe("an area", () => {
  test("is one corner a line, however its numbers are written", () => {
    expect(cornersOf(linesOf(SQUARE))).toEqual({ corners: SQUARE, fault: null });
    const loose = "52,09 5,12\n\n 52.09; 5.1210 \n52,0910, 5,1210\n52.0910\t5.12\n52.09 5.12";
    expect(cornersOf(loose)).toEqual({ corners: SQUARE, fault: null });
  });

  test("is a GeoJSON Polygon, whatever stands around it, east before north", () => {
    const feature = { type: "Feature", properties: {}, geometry: polygon };
    for (const value of [polygon, feature, { type: "FeatureCollection", features: [feature] }, { type: "MultiPolygon", coordinates: [[ring]] }]) {
      expect(cornersOf(JSON.stringify(value, null, 1))).toEqual({ corners: SQUARE, fault: null });
    }
  });

  test("says what cannot be read", () => {
    const why = (text: string): unknown => cornersOf(text).fault?.why;
    expect(cornersOf("52.09, 5.12\nhere").fault).toEqual({ why: "line", line: 2 });
    expect(why("92.0, 5.1\n52.1, 5.1\n52.1, 5.2")).toBe("line");
    expect(why("52.09, 5.12\n52.10, 5.12")).toBe("few");
    expect(why(Array.from({ length: 65 }, (_, n) => `52.${100 + n}, 5.1`).join("\n"))).toBe("many");
    expect(why(linesOf([0, 2, 1, 3].map((n) => SQUARE[n] as Position)))).toBe("crosses");
    expect(why('{"type": "Polygon"')).toBe("geojson");
    expect(why('{"type": "Point", "coordinates": [5, 52]}')).toBe("geojson");
    expect(why('{"type": "Polygon", "coordinates": [[["5", "52"]]]}')).toBe("geojson");
    expect(why(JSON.stringify({ ...polygon, coordinates: [ring, ring] }))).toBe("holes");
    expect(why(JSON.stringify({ type: "MultiPolygon", coordinates: [[ring], [ring]] }))).toBe("several");
  });

  test("takes a corner more, also after what was pasted", () => {
    const place = { lat_e7: 520_905_000, lon_e7: 51_190_000 };
    for (const text of [linesOf(SQUARE), `${linesOf(SQUARE)}\n`, JSON.stringify(polygon)]) {
      expect(cornersOf(withCorner(text, place)).corners).toEqual([...SQUARE, place]);
    }
    expect(withCorner("", place)).toBe("52.0905000, 5.1190000");
  });
});

test("what is in force stands first, then what comes, then what is over; the end itself is over", () => {
  const term = (from: number, to: number) => ({ valid_from_us: NOW_US + from * HOUR_US, valid_to_us: NOW_US + to * HOUR_US });
  const [over, coming, holds, newer] = [term(-2, 0), term(1, 2), term(0, 1), term(-1, 9)];
  expect([over, coming, holds].map((one) => termOf(one, NOW_US))).toEqual(["over", "coming", "holds"]);
  expect(inForceFirst([over, coming, newer, holds], NOW_US)).toEqual([newer, holds, coming, over]);
});

test("a refusal is said in the hub's words with its rule, and a hub that is away in ours", () => {
  const problem = { title: "The term ends too early", detail: "It ends before it begins.", rule: "R01" };
  const refused = byRule(failureWords(new RefusedError(422, "term-backwards", null, problem), english), english);
  expect(refused).toEqual({ title: problem.title, hint: "It ends before it begins. Rule R01.", rule: "R01", reason: "term-backwards" });
  expect(byRule(failureWords(new HubUnreachableError("x"), english), english).reason).toBe("unreachable");
  expect(() => failureWords(new TypeError("x"), english)).toThrow(TypeError);
});

test("a unit is revoked behind a question; one that is revoked says so and offers nothing", () => {
  const shown = (state: Unit["state"]): string =>
    renderToStaticMarkup(<Revoke unit={{ unit: "unit-1", state } as Unit} onSignedOut={() => undefined} />);
  expect(shown("active")).toContain("fz-button--danger");
  expect(shown("active")).not.toContain("revoke-dialog");
  expect(shown("revoked")).toContain("unit-revoked");
  expect(shown("revoked")).not.toContain("fz-button");
});

test("a year that is still being typed is no time yet", () => {
  expect(["0002-11-23T09:00", "0202-11-23T09:00", "2026-11-23T09:00"].map((typed) => usOf(typed) !== null)).toEqual([false, false, true]);
});
