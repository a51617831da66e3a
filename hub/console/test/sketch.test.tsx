// SPDX-License-Identifier: EUPL-1.2
// The sketch of a decision lies over the municipality's own map where there is one, and says that it is a help.
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import golden from "../../../tests/unit/contract/golden/decision.json?raw";
import { readDecision } from "../src/approving/decision";
import { Sketch } from "../src/approving/Sketch";
import { townOf } from "../src/planning/town";
import { words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

const E7 = 1e7;
const decision = readDecision(new TextEncoder().encode(golden.trim()));
const corner = decision.area[0] ?? { lat_e7: 0, lon_e7: 0 };
const at = (east: number, north: number): number[] => [(corner.lon_e7 + east) / E7, (corner.lat_e7 + north) / E7];
const street = (name: string, ring: number[][]) => ({ type: "Feature" as const, properties: { kind: "street", name }, geometry: { type: "Polygon" as const, coordinates: [ring] } });
const spot = (kind: string, name: string, place: number[]) => ({ type: "Feature" as const, properties: { kind, name, of: "street" }, geometry: { type: "Point" as const, coordinates: place } });

test("it draws the town's streets below, names its entrances, and leaves out what lies elsewhere", async () => {
  await words();
  const here = street("Wolstraat", [at(-50, -50), at(50, -50), at(50, 50)]);
  const far = street("Verweg", [at(9_000_000, 0), at(9_000_100, 0), at(9_000_100, 90)]);
  const town = townOf([here, far, spot("entrance", "Kerksteeg", at(0, 0)), spot("entrance", "Verweg", at(9_000_000, 0))] as never, null);
  const drawn = renderToStaticMarkup(<Sketch decision={decision} town={town} />);
  expect(drawn).toContain('data-town="true"');
  expect(drawn).toContain("Kerksteeg");
  expect(drawn).not.toContain("Verweg");
  expect(/class="fz-sketch__street" d="([^"]*)"/.exec(drawn)?.[1]?.match(/M/g)).toHaveLength(1);
  expect(drawn).toMatch(/figcaption>[^<]*tekst/);
});

test("without a map it is the area and the wedges alone", () => {
  const drawn = renderToStaticMarkup(<Sketch decision={decision} town={townOf([], null)} />);
  expect(drawn).toContain('data-town="false"');
  expect(drawn.match(/fz-sketch__wedge/g)).toHaveLength(decision.posts.length);
  expect(drawn).not.toContain("fz-sketch__ground");
});
