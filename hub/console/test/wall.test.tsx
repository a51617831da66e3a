// SPDX-License-Identifier: EUPL-1.2
// The wall's layouts, its warnings, its keys, what it offers to whom, and one look for all cameras.
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Session } from "../src/hub/types";
import { fitting, following, grid, shown } from "../src/live/layout";
import { WallViews } from "../src/live/wall-views";
import { alarmWords } from "../src/pages/alarm-words";
import { found } from "../src/pages/FindCamera";
import { warningOf } from "../src/pages/warnings";
import { WindowBar } from "../src/pages/WindowBar";
import { mayProlong } from "../src/pages/WindowDeeds";
import { pressed, typesCharacter } from "../src/parts/keys";
import { browser, FakeSocket, noBrowser, view } from "./browser";
import { alarm, filming, HOUR_US, NOW_US, S, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

let said: Awaited<ReturnType<typeof words>>;
beforeAll(async () => {
  said = await words();
});

describe("a layout", () => {
  test("fits all tiles, in as few places as will do", () => {
    expect([0, 1, 2, 4, 5, 9].map(fitting)).toEqual(["1", "1", "2x2", "2x2", "3x3", "3x3"]);
    expect(grid("2x2", 2)).toEqual({ columns: 2, rows: 1 });
    expect(grid("3x3", 6)).toEqual({ columns: 3, rows: 2 });
    expect(grid("1+5", 6)).toEqual({ columns: 3, rows: 3 });
    expect(grid("1", 1)).toEqual({ columns: 1, rows: 1 });
  });

  test("follows the other round, and leaves out none that has room for all", () => {
    let layout = fitting(9);
    const seen = [layout];
    for (let press = 0; press < 3; press += 1) seen.push((layout = following(layout, 9)));
    expect(new Set(seen).size).toBe(4);
    expect(following(layout, 9)).toBe(seen[0]);
    expect(following("2x2", 3)).toBe("1");
  });

  test("shows the page of the selected tile", () => {
    expect(shown("1", 9, 4)).toEqual([4]);
    expect(shown("2x2", 9, 4)).toEqual([4, 5, 6, 7]);
    expect(shown("2x2", 9, 8)).toEqual([8]);
    expect(shown("1+5", 9, 0)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(shown("3x3", 9, 7)).toHaveLength(9);
  });
});

describe("the end of a window", () => {
  const bar = (leftS: number): string => renderToStaticMarkup(<WindowBar filming={filming({ until_us: NOW_US + leftS * S })} window="open" nowUs={NOW_US} />);

  test("is warned of at thirty, ten and two minutes", () => {
    expect([1801, 1800, 601, 600, 121, 120, 1].map((leftS) => warningOf(NOW_US + leftS * S, NOW_US))).toEqual([null, 30, 30, 10, 10, 2, 2]);
  });

  test("is read out in the same words until the next warning", () => {
    const status = (leftS: number): string | undefined => /role="status">(.*?)<\/p>/.exec(bar(leftS))?.[1];
    expect(status(3600)).toBe("");
    expect(status(590)).toBe(status(130));
    expect(status(590)).toContain("10 minuten");
    expect(status(100)).toContain("2 minuten");
  });

  test("says the end, the overrun and how often it may still be taken", () => {
    const shown = bar(582);
    expect(shown).toContain("Venster sluit over 9:42");
    expect(shown).toContain("uitloop tot 16:23");
    expect(shown).toContain("2 van 2 keer over");
    const none = filming({ overrun: { times: 2, minutes: 30, taken: 2, left: 0, last_us: NOW_US + HOUR_US, next_us: null } });
    expect(renderToStaticMarkup(<WindowBar filming={none} window="open" nowUs={NOW_US} />)).toContain("geen uitloop meer");
  });

  test("that passed is said, and an early one is not called on time", () => {
    const of = (window: "ended" | "early"): string => renderToStaticMarkup(<WindowBar filming={filming({})} window={window} nowUs={NOW_US} />);
    expect(of("ended")).toContain("eindigde om 15:23");
    expect(of("early")).toContain("eerder gestopt");
    expect(of("early")).not.toContain("15:23");
  });
});

test("only an operator of the team whose key it is prolongs, and only where an overrun is left", () => {
  const who: Session = { name: "o", display: "O", role: "operator", demo: false, slot: null, key: "aa" };
  expect(mayProlong(filming({}), who)).toBe(true);
  expect(mayProlong(filming({}), { ...who, key: "bb" })).toBe(false);
  expect(mayProlong(filming({}), { ...who, key: null })).toBe(false);
  expect(mayProlong(filming({}), { ...who, role: "approver" })).toBe(false);
  const spent = { times: 1, minutes: 30, taken: 1, left: 0, last_us: NOW_US, next_us: null };
  expect(mayProlong(filming({ overrun: spent }), who)).toBe(false);
});

describe("a key", () => {
  const press = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };

  test("has one name, whatever case it is typed in, and is the browser's with a modifier", () => {
    expect(pressed({ ...press, key: "G", shiftKey: true })).toBe("g");
    expect(pressed({ ...press, key: "?", shiftKey: true })).toBe("?");
    expect(pressed({ ...press, key: "Escape", shiftKey: true })).toBe("Shift+Escape");
    expect(pressed({ ...press, key: "r", ctrlKey: true })).toBeNull();
  });

  test("that types a character can be switched off; Space, Enter and Shift with Escape cannot", () => {
    expect(["g", "4", "?", "/"].every(typesCharacter)).toBe(true);
    expect([" ", "Enter", "Shift+Escape"].some(typesCharacter)).toBe(false);
  });
});

test("a camera is found by its number, its name or its unit", () => {
  const cameras = [
    { number: 1, name: "Podium", unit: "unit-7" },
    { number: 12, name: "Ingang 1", unit: "unit-8" },
  ];
  expect(found(cameras, "1").map((one) => one.name)).toEqual(["Podium"]);
  expect(found(cameras, "ing").map((one) => one.number)).toEqual([12]);
  expect(found(cameras, "UNIT-7").map((one) => one.number)).toEqual([1]);
  expect(found(cameras, "")).toHaveLength(2);
  expect(found(cameras, "nothing")).toEqual([]);
});

test("an alarm says what is wrong, since when, and what the unit may still do", () => {
  const silent = alarm({ kind: "unit-silent", name: "Zuidwest", unit: "unit-4", until_us: NOW_US + HOUR_US });
  expect(alarmWords(silent, NOW_US, said.dutch, "nl")).toEqual({
    title: "Zuidwest: geen beeld",
    since: "13:23:42",
    body: "Unit UNIT-4 meldt zich niet. Zonder verbinding mag hij doorfilmen tot 15:23.",
  });
  expect(alarmWords(alarm({ kind: "camera-failing", rule: "camera.missing", since_us: null }), NOW_US, said.english, "en").since).toBeNull();
});

describe("one look for all cameras", () => {
  const UNTIL_US = NOW_US + HOUR_US;
  afterEach(noBrowser);

  test("is one question, one number, and ends as a whole when the pictures are put off", async () => {
    const hub = browser((_, cameras) => cameras.map((camera) => ({ ...view(13, UNTIL_US), camera })));
    const views = new WallViews();
    await views.open(["camera-1", "camera-2"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(hub.asked.map((one) => one.cameras)).toEqual([["camera-1", "camera-2"]]);
    expect(FakeSocket.opened).toHaveLength(2);
    for (const camera of ["camera-1", "camera-2"]) expect(views.of(camera).current().logIndex).toBe(13);

    views.putOff();
    expect(views.off()).toBe(true);
    for (const camera of ["camera-1", "camera-2"]) expect(views.of(camera).current().link).toEqual({ phase: "idle" });

    views.bringBack();
    await vi.advanceTimersByTimeAsync(0);
    expect(views.off()).toBe(false);
    expect(hub.asked.map((one) => one.cameras)).toEqual([["camera-1", "camera-2"], ["camera-1", "camera-2"]]);
    expect(hub.asked.at(-1)?.grant).toBeUndefined();
  });

  test("that is refused says so on each tile", async () => {
    browser(() => 403);
    const views = new WallViews();
    await views.open(["camera-1", "camera-2"]);
    for (const camera of ["camera-1", "camera-2"]) expect(views.of(camera).current().link).toMatchObject({ phase: "stopped", reason: "refused" });
  });
});
