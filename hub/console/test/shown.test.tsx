// SPDX-License-Identifier: EUPL-1.2
// Components as they are written into the page: the marks and links that must be there, and must not.
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Recording } from "../src/hub/standing";
import type { Alarm, Role, Session } from "../src/hub/types";
import { logIndexOf, logPath } from "../src/hub/place";
import { Alarms } from "../src/pages/Alarms";
import { Header } from "../src/pages/Header";
import { LookPanel } from "../src/pages/LookPanel";
import { Navigation } from "../src/pages/Navigation";
import { NoRight } from "../src/pages/NoRight";
import { homeOf, screenOf, screens, screensOf } from "../src/pages/screens";
import { TileCaption } from "../src/pages/TileCaption";
import { TileMessage } from "../src/pages/TileMessage";
import { alarm, filming, HOUR_US, NOW_US, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

beforeAll(words);
const session: Session = { name: "kijker", display: "Demo viewer", role: "viewer", demo: true, slot: null, key: null };
const wall = screenOf("/wall", "viewer");

function header(recording: Recording, who = session): string {
  const shown = { current: wall, demo: true, filming: [filming({})], nowUs: NOW_US, onSignOut: () => undefined };
  return renderToStaticMarkup(<Header session={who} recording={recording} {...shown} />);
}

describe("the recording mark", () => {
  const caption = (recording: Recording): string =>
    renderToStaticMarkup(<TileCaption number={1} name="Podium" state="stale" recording={recording} />);

  test("is red only for what is known to record", () => {
    expect(caption("yes")).toContain("fz-tile__recording");
    for (const recording of ["no", "unknown"] as const) expect(caption(recording)).not.toContain("fz-tile__recording");
    expect(caption("unknown")).toContain("opname onbekend");
    expect(caption("no")).toContain("geen opname");
  });

  test("says in the header that it is unknown", () => {
    expect(header("yes")).toContain("fz-state-word--recording");
    expect(header("unknown")).not.toContain("fz-state-word--recording");
    expect(header("unknown")).toContain("Opname onbekend");
    expect(header("no")).not.toContain("Opname");
  });
});

describe("the number of a look", () => {
  test("leads to its line in the log, during the look and after it", () => {
    const look = { name: "Podium", logIndex: 48_213, leave: () => undefined };
    for (const untilUs of [NOW_US + 1, null]) {
      const panel = renderToStaticMarkup(
        <LookPanel looks={[{ ...look, untilUs }]} openable={["camera-1"]} untilUs={NOW_US + HOUR_US} nowUs={NOW_US} onOpen={() => undefined} />,
      );
      expect(panel).toContain('href="/log/48213"');
      expect(panel.includes("stop-watching")).toBe(untilUs !== null);
      expect(panel.includes("sign-on")).toBe(untilUs === null);
    }
  });

  test("stays on the tile whose window ended", () => {
    const said = { title: "t", body: ["b"], button: null };
    const tile = (logIndex: number | null): string =>
      renderToStaticMarkup(<TileMessage words={said} logIndex={logIndex} lost={false} onWatch={() => undefined} />);
    expect(tile(13)).toContain('href="/log/13"');
    expect(tile(null)).not.toContain("/log/");
  });

  test("is read back from the address, and nothing else is", () => {
    expect(logIndexOf(logPath(13))).toBe(13);
    for (const path of ["/log", "/log/", "/log/013", "/log/-1", "/log/1e3", "/log/1/2"]) expect(logIndexOf(path)).toBeNull();
  });
});

describe("the navigation", () => {
  const shown = (role: Role, current = wall): string => renderToStaticMarkup(<Navigation current={current} role={role} />);
  const paths = (role: Role): (string | undefined)[] => [...shown(role).matchAll(/href="([^"]+)"/g)].map((match) => match[1]);

  test("shows the screens that a role has, and which one this is", () => {
    for (const role of ["operator", "approver", "installer", "viewer"] as const) {
      expect(paths(role)).toEqual(screens.filter((one) => one.roles.includes(role) && !one.own).map((one) => one.path));
      expect(screensOf(role).length).toBeGreaterThan(0);
    }
    expect(paths("viewer")).toEqual(["/wall", "/replay", "/log"]);
    expect(shown("viewer").match(/aria-current="page"/g)).toHaveLength(1);
  });

  test("finds the screen of a path below it, and where the role begins for any other", () => {
    expect(screenOf("/log/13", "viewer").path).toBe("/log");
    for (const path of ["/", "/logs", "/nothing"]) expect(screenOf(path, "viewer")).toBe(wall);
    expect(screenOf("/", "operator").path).toBe("/overview");
  });

  test("names who has a right to a screen, and the way back", () => {
    const units = screenOf("/units", "viewer");
    const said = renderToStaticMarkup(<NoRight screen={units} session={session} />);
    expect(said).toContain("kijker");
    expect(said).toContain("operator");
    expect(said).toContain(`href="${homeOf("viewer").path}"`);
  });
});

describe("what should be erased and is not", () => {
  const banner = (alarms: readonly Alarm[]): string => renderToStaticMarkup(<Alarms alarms={alarms} nowUs={NOW_US} />);
  const since_us = NOW_US - HOUR_US;

  test("is said in words, since when and how much, and read out", () => {
    const late = (["key", "footage"] as const).map((what) => alarm({ what, count: 2, since_us }));
    const shown = banner(late);
    expect(shown.match(/role="alert"/g)).toHaveLength(2);
    expect(shown).toContain("2 uursleutels moesten sinds 13:23 vernietigd zijn");
    expect(shown).toContain("2 verzegelde segmenten moesten sinds 13:23 gewist zijn");
    expect(shown).toContain("waarschuw nu de beheerder");
  });

  test("is not shown when nothing is late, and a camera that is silent is no matter of every screen", () => {
    expect(banner([])).toBe("");
    expect(banner([alarm({ kind: "unit-silent", name: "Podium" })])).toBe("");
  });
});

test("the demo's viewer has a Dutch name, anybody else keeps their own", () => {
  expect(header("yes")).toContain("Demo-kijker");
  expect(header("yes", { ...session, name: "mdv", display: "M. de Vries" })).toContain("M. de Vries");
});
