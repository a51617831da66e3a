// SPDX-License-Identifier: EUPL-1.2
// What is said of a unit: what is to be done before its next window, and to whom.
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import readiness from "../../fleet/readiness.py?raw";
import type { Check, Unit, UnitHealth } from "../src/hub/units";
import type { Say } from "../src/i18n/language";
import { checkWords, doingWords, ordered, presence, sinceWords, sizeWords, verdictWords, windowWords, type Scene } from "../src/pages/unit-words";
import words_ts from "../src/pages/unit-words.ts?raw";
import { UnitCard } from "../src/pages/UnitCard";
import { HOUR_US, NOW_US, S, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

let dutch: Scene;
let english: Scene;
beforeAll(async () => {
  const said = await words();
  const scene = (say: Say, language: "nl" | "en"): Scene => ({ say, language, nowUs: NOW_US });
  dutch = scene(said.dutch, "nl");
  english = scene(said.english, "en");
});

const health: UnitHealth = {
  received_at_us: NOW_US - 10 * S,
  firmware: "flexzicht-edge 0.1.0",
  clock_synchronised: true,
  clock_error_us: 1500,
  certificate_until_us: NOW_US + 100 * HOUR_US,
  disk_free: 20e9,
  disk_total: 200e9,
  spool_bytes: 0,
  spool_limit: 8e9,
  unsent: 0,
  oldest_unsent_us: null,
};
const held: Check = { check: "mandate", ok: true, says: "mandate.held", parameters: { number: "2026-041", from_us: NOW_US }, warns: false };
const short: Check = { check: "disk", ok: false, says: "disk.short", parameters: { room_us: 6.96 * HOUR_US, needed_us: 8 * HOUR_US }, warns: false };

function unit(change: Partial<Unit>): Unit {
  return {
    unit: "unit-1",
    camera: "camera-1",
    source_note: null,
    fingerprint: "f".repeat(64),
    epoch: 1,
    state: "active",
    online: true,
    seen_at_us: NOW_US - 2 * S,
    since_us: NOW_US - HOUR_US,
    doing: "waiting",
    rule: "window.before",
    next: { deployment: "d", number: "2026-041", from_us: NOW_US + 20 * HOUR_US, to_us: NOW_US + 28 * HOUR_US },
    health,
    ready: [held],
    ...change,
  };
}

const card = (change: Partial<Unit>): string => renderToStaticMarkup(<UnitCard unit={unit(change)} scene={dutch} />);

test("every check of the hub has words, and none is promised that the hub does not make", () => {
  const made = [...readiness.matchAll(/"((?:report|certificate|clock|disk|mandate|camera|lease)\.[a-z-]+)"/g)].map((match) => match[1] ?? "");
  const said = [...words_ts.matchAll(/^ {2}"([a-z.-]+)": "units\.checks\./gm)].map((match) => match[1] ?? "");
  expect(new Set(made).size).toBeGreaterThan(20);
  expect([...new Set(made)].sort()).toEqual([...said].sort());
});

describe("a check", () => {
  test("says what to do, with its figures in words", () => {
    expect(checkWords(short, dutch)).toEqual({
      name: "Opslag",
      says: "ruimte voor 6,9 u, 8,0 u nodig. Laat de unit verzenden wat hij heeft, of geef hem een grotere schijf.",
    });
    const clock = { check: "clock", ok: false, says: "clock.ahead", parameters: { off_us: 3_600 * S }, warns: false };
    expect(checkWords(clock, english).says).toBe("60 min ahead of the hub. Give the unit network time (NTP) or an antenna.");
    const error = { check: "clock", ok: true, says: "clock.synchronised", parameters: { error_us: 1500 }, warns: false };
    expect(checkWords(error, english).says).toBe("synchronised, at most 2 ms off.");
    const ends = { until_us: NOW_US + HOUR_US, needed_us: NOW_US + 30 * HOUR_US };
    const certificate = { check: "certificate", ok: false, says: "certificate.ends-before", parameters: ends, warns: false };
    expect(checkWords(certificate, english).says).toBe("ends 15:23, and is needed until Sun 15 Nov 20:23. The unit renews it by itself: see that it has a link.");
  });

  test("of long ago says since when nothing is known", () => {
    const old = { check: "disk", ok: false, says: "report.old", parameters: { at_us: NOW_US - HOUR_US }, warns: false };
    expect(checkWords(old, english).says).toBe("Not known since 13:23. Put the unit on and check its connection.");
  });

  test("that this page does not know is said by its key, not passed over", () => {
    expect(checkWords({ check: "power", ok: false, says: "power.low", parameters: {}, warns: false }, dutch)).toEqual({ name: "power", says: "power.low" });
  });

  test("that is wrong stands first, and what nothing keeps right before what is", () => {
    const free: Check = { check: "clock", ok: true, says: "clock.agrees", parameters: { off_us: 12_400 }, warns: true };
    expect(ordered([held, free, short])).toEqual([short, free, held]);
    expect(checkWords(free, english).says).toContain("agrees with the hub within 13 ms");
    const shown = card({ ready: [held, free] });
    expect(shown).toContain('data-ready="true"');
    expect(shown).toContain("fz-unit__check--warns");
    expect(shown).not.toContain("fz-unit__check--open");
  });
});

describe("the verdict", () => {
  test("counts what is to be done, and names the deployment it is ready for", () => {
    expect(verdictWords(unit({}), dutch.say)).toBe("Klaar voor 2026-041");
    expect(verdictWords(unit({ ready: [held, short] }), dutch.say)).toBe("Niet klaar: 1 punt te doen");
    expect(verdictWords(unit({ ready: [short, short] }), english.say)).toBe("Not ready: 2 things to see to");
  });

  test("says once what is to be done where nothing is known", () => {
    const old = ["certificate", "clock"].map((check) => ({ check, ok: false, says: "report.old", parameters: { at_us: NOW_US - HOUR_US }, warns: false }));
    const shown = card({ ready: old });
    expect(shown).toContain("Of de unit klaar is, is niet bekend");
    expect(shown.match(/Niet bekend sinds 13:23/g)).toHaveLength(1);
    expect(shown).toContain('data-ready="false"');
  });

  test("stands on the card with what to do, and turns with it", () => {
    expect(card({})).toContain('data-ready="true"');
    const open = card({ ready: [held, short] });
    expect(open).toContain('data-ready="false"');
    expect(open.indexOf('data-check="disk"')).toBeLessThan(open.indexOf('data-check="mandate"'));
  });
});

describe("where a unit is", () => {
  test("is online, offline, never heard or revoked", () => {
    const said = (change: Partial<Unit>): string => presence(unit(change), english.say).word;
    expect(said({})).toBe("Online");
    expect(said({ online: false })).toBe("Offline");
    expect(said({ online: false, seen_at_us: null })).toBe("Never heard");
    expect(said({ online: false, state: "revoked" })).toBe("Revoked");
  });

  test("says since when, and when an absent one was last heard", () => {
    expect(sinceWords(unit({}), dutch)).toBe("sinds 13:23");
    expect(sinceWords(unit({ online: false, seen_at_us: NOW_US - HOUR_US - 15 * S }), dutch)).toBe("sinds 13:23 · laatst gehoord 13:23");
    expect(sinceWords(unit({ since_us: null, seen_at_us: null, online: false }), dutch)).toBe("");
  });

  test("an absent one's words are of then", () => {
    expect(doingWords(unit({ doing: "filming", rule: null }), english.say)).toBe("Films");
    expect(doingWords(unit({}), english.say)).toBe("Does not film");
    expect(doingWords(unit({ rule: "lease.over" }), english.say)).toBe("Does not film (lease.over)");
    expect(doingWords(unit({ doing: "failing", rule: "camera.missing", online: false }), english.say)).toBe(
      "Last said: Does not film: fault (camera.missing)",
    );
    expect(doingWords(unit({ doing: null }), english.say)).toBeNull();
    expect(doingWords(unit({ state: "revoked", online: false }), english.say)).toBeNull();
  });
});

test("the next window is said with its day, the one that is open by its end", () => {
  expect(windowWords(unit({}).next, dutch)).toBe("Hierna: inzet 2026-041, zo 15 nov 10:23 tot 18:23");
  const open = { deployment: "d", number: "2026-041", from_us: NOW_US - HOUR_US, to_us: NOW_US + HOUR_US };
  expect(windowWords(open, english)).toBe("Now: deployment 2026-041 until 15:23");
  expect(windowWords(null, dutch)).toBe("Geen inzet gepland");
});

test("who only watches sees where a unit is and nothing of how it is", () => {
  const seen = card({ next: null, health: null, ready: [], doing: "filming", rule: null });
  expect(seen).toContain("Online");
  expect(seen).toContain("Filmt");
  for (const hidden of ["meter", "unit-verdict", "Geen inzet gepland", "data-ready"]) expect(seen).not.toContain(hidden);
});

test("a bar says in words what it shows, and when it is nearly full", () => {
  const full = card({});
  expect(full).toContain('aria-label="Schijf: 20,0 GB vrij van 200,0 GB"');
  expect(full).toContain('aria-valuenow="90"');
  expect(full.match(/fz-bar__part--full/g)).toHaveLength(1);
  expect(sizeWords(1_240_000_000, english)).toBe("1.2 GB");
  expect(card({ health: { ...health, unsent: 1200, oldest_unsent_us: NOW_US - HOUR_US } })).toContain(
    "1\u00a0200 nog te verzenden, het oudste van 13:23",
  );
});
