// SPDX-License-Identifier: EUPL-1.2
// What a tile without a picture says, and what it says beside a picture whose line is broken.
import type { Camera, Filming } from "../hub/types";
import type { Language, Say } from "../i18n/language";
import type { AwayReason } from "../live/close-codes";
import type { Link, TileState } from "../live/tile-state";
import type { ViewSnapshot } from "../live/view";
import { clockSeconds, moment } from "../words/times";

export interface TileWords {
  title: string;
  body: string;
  /** pressing the button makes a new look, with a new line in the log */
  button: "watch" | "again" | null;
}

export interface Scene {
  state: TileState;
  view: ViewSnapshot;
  camera: Camera;
  filming: Filming;
  nowUs: number;
  say: Say;
  language: Language;
}

export const CLOSING_US = 5_000_000; // two clocks and one poll may disagree about the very end

function awayWords(reason: AwayReason, sinceUs: number | null, { say, language }: Scene): TileWords {
  if (reason === "log") return { title: say("away.logTitle"), body: say("away.logBody"), button: null };
  if (reason === "ticket") return { title: say("away.ticketTitle"), body: say("away.ticketBody"), button: null };
  if (reason === "hub") return { title: say("away.hubTitle"), body: say("away.hubBody"), button: null };
  return { title: say("away.lineTitle"), body: lineWords(sinceUs, say, language), button: null };
}

function lineWords(sinceUs: number | null, say: Say, language: Language): string {
  return sinceUs === null ? say("away.lineBody") : say("away.lineSince", { time: clockSeconds(sinceUs, language) });
}

function openingWords(scene: Scene): TileWords {
  const { say, view } = scene;
  if (view.link.phase === "away") return awayWords(view.link.reason, view.link.sinceUs, scene);
  if (view.link.phase === "asking") return { title: say("tile.askingTitle"), body: say("tile.askingBody"), button: null };
  return { title: say("tile.joiningTitle"), body: say("tile.joiningBody"), button: null };
}

function grantWords({ atUs, early }: Link & { phase: "stopped" }, nowUs: number, say: Say, language: Language): TileWords {
  if (early && atUs !== null) {
    return {
      title: say("stopped.earlyTitle", { time: moment(atUs, nowUs, language) }),
      body: say("stopped.earlyBody"),
      button: "again",
    };
  }
  const title = atUs === null ? say("stopped.grantTitle") : say("stopped.grantTitleAt", { time: moment(atUs, nowUs, language) });
  return { title, body: say("stopped.grantBody"), button: "again" };
}

function endedWords(link: Link & { phase: "stopped" }, { say, language, nowUs }: Scene): TileWords {
  switch (link.reason) {
    case "grant":
      return grantWords(link, nowUs, say, language);
    case "withdrawn":
      return { title: say("stopped.withdrawnTitle"), body: say("stopped.withdrawnBody"), button: null };
    case "refused":
      return { title: say("stopped.refusedTitle"), body: say("stopped.refusedBody"), button: null };
    case "browser":
      return { title: say("stopped.browserTitle"), body: say("stopped.browserBody"), button: null };
    case "ticket":
      return { title: say("stopped.ticketTitle"), body: say("stopped.ticketBody"), button: "again" };
    default:
      return {
        title: say("stopped.failedTitle", { status: link.status ?? 0 }),
        body: say("stopped.failedBody"),
        button: "again",
      };
  }
}

function lostWords({ say, language, view, camera, filming, nowUs }: Scene): TileWords {
  const since = view.offlineSinceUs;
  return {
    title: since === null ? say("tile.lostTitle") : say("tile.lostTitleSince", { time: clockSeconds(since, language) }),
    body: say("tile.lostBody", { unit: camera.unit.toUpperCase(), until: moment(filming.until_us, nowUs, language) }),
    button: null,
  };
}

function closedWords({ say, language, filming, nowUs }: Scene): TileWords {
  const early = nowUs < filming.until_us - CLOSING_US;
  return {
    title: early ? say("tile.closedTitleEarly") : say("tile.closedTitle", { time: moment(filming.until_us, nowUs, language) }),
    body: say("tile.closedBody"),
    button: null,
  };
}

/** null where a picture stands in the tile. */
export function tileWords(scene: Scene): TileWords | null {
  const { state, view, say } = scene;
  if (state === "closed") return closedWords(scene);
  if (state === "lost") return lostWords(scene);
  if (state === "opening") return openingWords(scene);
  if (state === "ended" && view.link.phase === "stopped") return endedWords(view.link, scene);
  if (state === "idle") return { title: say("tile.idleTitle"), body: say("tile.idleBody"), button: "watch" };
  return null;
}

const awayNotes = { line: "away.line", unit: "away.unitFoot", log: "away.logFoot", ticket: "away.ticketFoot", hub: "away.hubFoot" } as const;

/** What stands in the foot beside a picture that gets no successor. */
export function footNote(link: Link, say: Say): string | null {
  return link.phase === "away" ? say(awayNotes[link.reason]) : null;
}

/** The second line of the band over a stale picture. */
export function bandWords(link: Link, say: Say, language: Language): string {
  const now = say("tile.bandNotNow");
  return link.phase === "away" && link.reason === "line" ? `${now} ${lineWords(link.sinceUs, say, language)}` : now;
}
