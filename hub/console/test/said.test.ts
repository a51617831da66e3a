// SPDX-License-Identifier: EUPL-1.2
// What people read on the wall: who is blamed, what ended, what is next, who watches.
import { beforeAll, describe, expect, test } from "vitest";
import type { Say } from "../src/i18n/language";
import type { ViewSnapshot } from "../src/live/view";
import { stripWords, type StripScene } from "../src/pages/strip-words";
import { bandWords, endedWithWindow, tileWords, type Scene } from "../src/pages/tile-words";
import stripSheet from "../src/pages/strip.css?raw";
import { camera, filming, HOUR_US, next, NOW_US, overview, S, words } from "./facts";

let dutch: Say;
let english: Say;
beforeAll(async () => ({ dutch, english } = await words()));

const idle: ViewSnapshot = { link: { phase: "idle" }, logIndex: null, untilUs: null, unitOffline: false, offlineSinceUs: null, frozen: false };

function scene(change: Partial<Scene>): Scene {
  return {
    state: "closed",
    view: idle,
    camera: camera({}),
    filming: filming({}),
    window: "ended",
    next: null,
    other: null,
    hubAnswers: false,
    nowUs: NOW_US + HOUR_US,
    say: dutch,
    language: "nl",
    ...change,
  };
}

describe("a tile without a hub", () => {
  const link = { phase: "away", reason: "line", sinceUs: NOW_US } as const;

  test("blames the connection, not the unit", () => {
    const said = tileWords(scene({ state: "away", view: { ...idle, link } }));
    expect(said).toEqual({
      title: "Geen verbinding met de hub sinds 14:23:42",
      body: ["Of de unit filmt, is hier nu niet te zien. Er wordt vanzelf opnieuw verbonden."],
      button: null,
    });
  });

  test("says so on the band over the picture that stands", () => {
    expect(bandWords(link, false, english, "en")).toBe(
      "This is not now. No connection to the hub since 14:23:42. It connects again by itself.",
    );
    expect(bandWords({ ...link, reason: "unit" }, false, english, "en")).toBe("This is not now.");
  });
});

describe("a tile whose pictures alone are cut off", () => {
  const link = { phase: "away", reason: "line", sinceUs: NOW_US } as const;

  test("does not blame the hub, which answers", () => {
    const said = tileWords(scene({ state: "away", hubAnswers: true, view: { ...idle, link } }));
    expect(said?.title).toBe("De beelden komen niet door sinds 14:23:42");
    expect(bandWords(link, true, dutch, "nl")).not.toContain("hub");
  });
});

test("a tile whose pictures a person put off says that the look is over, and opens nothing by itself", () => {
  const said = tileWords(scene({ state: "off", window: "open" }));
  expect(said?.title).toBe("De beelden staan uit");
  expect(said?.button).toBeNull();
});

describe("a tile after the window", () => {
  test("says when it ended, when the footage is forgotten, and what is next", () => {
    expect(tileWords(scene({ next: next({ from_us: NOW_US + 4 * HOUR_US }) }))).toEqual({
      title: "Geëindigd om 15:23",
      body: ["Uiterlijk za 21 nov 15:00 gewist.", "Hierna: 2026-042 vanaf 18:23."],
      button: null,
    });
    expect(tileWords(scene({}))?.body.at(-1)).toBe("Er is geen inzet gepland.");
    const other = filming({ deployment: "e", number: "2026-042", until_us: NOW_US + 4 * HOUR_US });
    expect(tileWords(scene({ other }))?.body.at(-1)).toBe("2026-042 gaat door tot 18:23.");
  });

  test("speaks of an early end only where it was one", () => {
    expect(tileWords(scene({ window: "ended", nowUs: NOW_US + HOUR_US - 900_000 }))?.title).toBe("Geëindigd om 15:23");
    expect(tileWords(scene({ window: "open" }))?.title).toBe("Geëindigd om 15:23"); // the line ended a moment before
    expect(tileWords(scene({ window: "early" }))?.title).toBe("Deze inzet is eerder gestopt");
  });

  test("a grant that ends with the window is the window's end", () => {
    const ended = (atUs: number) => ({ phase: "stopped", reason: "grant", atUs, early: false, status: null }) as const;
    expect(endedWithWindow(ended(NOW_US - S), NOW_US)).toBe(true);
    expect(endedWithWindow(ended(NOW_US - 60 * S), NOW_US)).toBe(false);
  });
});

describe("the strip", () => {
  const strip = (change: Partial<StripScene>): StripScene => ({
    overview: overview({}),
    offline: false,
    answeredUs: NOW_US,
    standing: [{ filming: filming({}), unlistedUs: null }],
    nowUs: NOW_US,
    looking: new Set(),
    say: dutch,
    language: "nl",
    ...change,
  });

  test("says what films, until when, and how many people watch", () => {
    expect(stripWords(strip({}))).toEqual({
      state: "filming",
      lead: "Nu filmt 1 inzet",
      more: ["tot 15:23", "nog 1 u 00"],
      watching: "1 persoon kijkt mee",
    });
    const watched = (watching: number) => [{ filming: filming({ watching }), unlistedUs: null }];
    expect(stripWords(strip({ standing: watched(3) }))?.watching).toBe("3 personen kijken mee");
    expect(stripWords(strip({ standing: watched(0) }))?.watching).toBe("niemand kijkt live mee");
    expect(stripWords(strip({ standing: watched(0), looking: new Set(["d"]) }))?.watching).toBe("1 persoon kijkt mee");
    expect(stripWords(strip({ standing: watched(2), say: english }))?.watching).toBe("2 people are watching");
  });

  test("does not say that a window films which is open and has no camera", () => {
    const bare = [{ filming: filming({ cameras: [] }), unlistedUs: null }];
    expect(stripWords(strip({ standing: bare }))).toEqual({
      state: "nothing",
      lead: "Er filmt nu niets",
      more: ["het venster van inzet 2026-041 is open, en geen camera filmt"],
      watching: null,
    });
  });

  test("says at the very end that it ended, while the hub still lists it and when it lists it no more", () => {
    const said = { state: "nothing", lead: "Er filmt nu niets", more: ["inzet 2026-041 eindigde om 15:23", "geen inzet gepland"], watching: null };
    const nowUs = NOW_US + HOUR_US;
    expect(stripWords(strip({ nowUs }))).toEqual(said);
    const unlisted = [{ filming: filming({}), unlistedUs: nowUs }];
    expect(stripWords(strip({ nowUs: nowUs - 900_000, standing: unlisted }))).toEqual(said);
  });

  test("says early where it was, and what is next", () => {
    const standing = [{ filming: filming({}), unlistedUs: NOW_US }];
    const after = next({ from_us: NOW_US + 4 * HOUR_US });
    expect(stripWords(strip({ standing, overview: overview({ filming: [], next: after }) }))?.more).toEqual([
      "inzet 2026-041 is eerder gestopt",
      "hierna inzet 2026-042 vanaf 18:23",
    ]);
  });

  test("says since when the hub is silent, and counts nobody then", () => {
    expect(stripWords(strip({ offline: true }))).toEqual({
      state: "offline",
      lead: "Geen verbinding met de hub sinds 14:23",
      more: ["units met een opdracht filmen door tot 15:23"],
      watching: null,
    });
  });

  test("hides nobody who watches from who looks on a phone", () => {
    const narrow = stripSheet.slice(stripSheet.indexOf("@media"));
    const hidden = [...narrow.matchAll(/([^{}]+)\{[^}]*display: none/g)].map((match) => match[1]);
    expect(hidden.join()).not.toContain("watching");
    expect(narrow).toContain(".fz-strip__watching");
  });
});
