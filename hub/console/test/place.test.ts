// SPDX-License-Identifier: EUPL-1.2
// Where one is: what Back does to the drawer, in which tab a screen opens, and what can be looked back at.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lookable } from "../src/hub/lookable";
import { openDrawer } from "../src/hub/place";
import { looking, setLooking } from "../src/live/looking";
import { targetOf } from "../src/pages/screens-beside";
import { filming, HOUR_US, NOW_US } from "./facts";

let states: unknown[];
beforeEach(() => {
  states = [null];
  const history = {
    get state() {
      return states.at(-1);
    },
    pushState: (state: unknown) => void states.push(state),
    replaceState: (state: unknown) => void states.splice(-1, 1, state),
    back: () => void states.pop(),
  };
  vi.stubGlobal("window", { history });
});
afterEach(() => vi.unstubAllGlobals());

test("the drawer is one step in the history, which closing it takes back", () => {
  openDrawer(3);
  openDrawer(4);
  expect(states).toEqual([null, { drawer: 4 }]);
  openDrawer(null);
  expect(states).toEqual([null]);
});

test("a screen opens in a tab of its own only while a look is open", () => {
  const look = {};
  expect(targetOf("/units")).toBeUndefined();
  setLooking(look, "d");
  expect([...looking()]).toEqual(["d"]);
  expect([targetOf("/units"), targetOf("/replay"), targetOf("/wall")]).toEqual(["flexzicht-units", "flexzicht-replay", undefined]);
  setLooking(look, null);
  expect(targetOf("/units")).toBeUndefined();
});

test("what ended can be looked back at after what films, to the end that the hub names", () => {
  const { deployment: _, until_us: __, ...rest } = filming({});
  const ended = { ...rest, deployment: "e", ended_us: NOW_US - HOUR_US, forgotten_us: NOW_US + HOUR_US };
  const standing = [filming({}), filming({ deployment: "e" })].map((one) => ({ filming: one, unlistedUs: null }));
  expect(lookable(standing, [ended]).map((one) => [one.deployment, one.until_us])).toEqual([
    ["d", NOW_US + HOUR_US],
    ["e", NOW_US - HOUR_US],
  ]);
});
