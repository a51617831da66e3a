// SPDX-License-Identifier: EUPL-1.2
// What a tile without a picture says, and what it says beside a picture whose line is broken.
import type { WindowNow } from "../hub/standing";
import type { Camera, Filming, Next } from "../hub/types";
import type { Language, Say } from "../i18n/language";
import type { AwayReason } from "../live/close-codes";
import { lineGone, type Link, type TileState } from "../live/tile-state";
import type { ViewSnapshot } from "../live/view";
import { clockSeconds, moment } from "../words/times";

export interface TileWords {
  title: string;
  /** each a line of its own */
  body: string[];
  /** pressing the button makes a new look, with a new line in the log */
  button: "watch" | "again" | null;
}

export interface Scene {
  state: TileState;
  view: ViewSnapshot;
  camera: Camera;
  filming: Filming;
  window: WindowNow;
  next: Next | null;
  /** another deployment whose window is open */
  other: Filming | null;
  /** the page's other questions are answered: then it is the line for pictures that is gone */
  hubAnswers: boolean;
  nowUs: number;
  say: Say;
  language: Language;
}

const HOUR_US = 3_600_000_000;
const CLOSING_US = 5_000_000; // the hub's cut and this page's estimate of its time may differ about the very end

/** A grant that ends with the window closes the line a moment before this page's own clock says that it is over. */
export function endedWithWindow(link: Link, untilUs: number): boolean {
  return link.phase === "stopped" && link.reason === "grant" && link.atUs !== null && link.atUs > untilUs - CLOSING_US;
}

function told(title: string, body: string, button: TileWords["button"] = null): TileWords {
  return { title, body: [body], button };
}

function awayWords(reason: AwayReason, sinceUs: number | null, { say, language, hubAnswers }: Scene): TileWords {
  if (reason === "log") return told(say("away.logTitle"), say("away.logBody"));
  if (reason === "ticket") return told(say("away.ticketTitle"), say("away.ticketBody"));
  if (reason === "hub") return told(say("away.hubTitle"), say("away.hubBody"));
  const words = hubAnswers ? (["away.mediaTitle", "away.mediaTitleSince"] as const) : (["away.lineTitle", "away.lineTitleSince"] as const);
  const title = sinceUs === null ? say(words[0]) : say(words[1], { time: clockSeconds(sinceUs, language) });
  return told(title, say("away.lineBody"));
}

function openingWords(scene: Scene): TileWords {
  const { say, view } = scene;
  if (view.link.phase === "away") return awayWords(view.link.reason, view.link.sinceUs, scene);
  if (view.link.phase === "asking") return told(say("tile.askingTitle"), say("tile.askingBody"));
  return told(say("tile.joiningTitle"), say("tile.joiningBody"));
}

function grantWords({ atUs, early }: Link & { phase: "stopped" }, nowUs: number, say: Say, language: Language): TileWords {
  if (early && atUs !== null) {
    return told(say("stopped.earlyTitle", { time: moment(atUs, nowUs, language) }), say("stopped.earlyBody"), "again");
  }
  const title = atUs === null ? say("stopped.grantTitle") : say("stopped.grantTitleAt", { time: moment(atUs, nowUs, language) });
  return told(title, say("stopped.grantBody"), "again");
}

function endedWords(link: Link & { phase: "stopped" }, { say, language, nowUs }: Scene): TileWords {
  switch (link.reason) {
    case "grant":
      return grantWords(link, nowUs, say, language);
    case "withdrawn":
      return told(say("stopped.withdrawnTitle"), say("stopped.withdrawnBody"));
    case "refused":
      return told(say("stopped.refusedTitle"), say("stopped.refusedBody"));
    case "browser":
      return told(say("stopped.browserTitle"), say("stopped.browserBody"));
    case "ticket":
      return told(say("stopped.ticketTitle"), say("stopped.ticketBody"), "again");
    default:
      return told(say("stopped.failedTitle", { status: link.status ?? 0 }), say("stopped.failedBody"), "again");
  }
}

function lostWords({ say, language, view, camera, filming, nowUs }: Scene): TileWords {
  const since = view.offlineSinceUs;
  return told(
    since === null ? say("tile.lostTitle") : say("tile.lostTitleSince", { time: clockSeconds(since, language) }),
    say("tile.lostBody", { unit: camera.unit.toUpperCase(), until: moment(filming.until_us, nowUs, language) }),
  );
}

function followingWords({ say, language, next, other, nowUs }: Scene): string {
  if (other) return say("after.running", { number: other.number, time: moment(other.until_us, nowUs, language) });
  return next ? say("after.next", { number: next.number, time: moment(next.from_us, nowUs, language) }) : say("after.none");
}

/** What happens now: when what was filmed is forgotten, and what comes next. */
function closedWords(scene: Scene): TileWords {
  const { say, language, filming, window, nowUs } = scene;
  const lastHourUs = Math.floor((filming.until_us - 1) / HOUR_US) * HOUR_US; // a key is of an hour, and is due as a whole
  const forgetUs = lastHourUs + filming.retention_h * HOUR_US;
  return {
    title:
      window === "early" ? say("tile.closedTitleEarly") : say("tile.closedTitle", { time: moment(filming.until_us, nowUs, language) }),
    body: [
      say("after.forget", { time: moment(forgetUs, nowUs, language) }),
      followingWords(scene),
    ],
    button: null,
  };
}

/** null where a picture stands in the tile. */
export function tileWords(scene: Scene): TileWords | null {
  const { state, view, say } = scene;
  if (state === "closed") return closedWords(scene);
  if (state === "lost") return lostWords(scene);
  if (state === "opening" || state === "away") return openingWords(scene);
  if (state === "ended" && view.link.phase === "stopped") return endedWords(view.link, scene);
  if (state === "off") return told(say("tile.offTitle"), say("tile.offBody"));
  if (state === "idle") return told(say("tile.idleTitle"), say("tile.idleBody"), "watch");
  return null;
}

const awayNotes = { line: "away.line", unit: "away.unitFoot", log: "away.logFoot", ticket: "away.ticketFoot", hub: "away.hubFoot" } as const;

/** What stands in the foot beside a picture that gets no successor. */
export function footNote(link: Link, say: Say): string | null {
  return link.phase === "away" ? say(awayNotes[link.reason]) : null;
}

/** What the band over a stale picture says below its first line. */
export function bandWords(link: Link, hubAnswers: boolean, say: Say, language: Language): string {
  const now = say("tile.bandNotNow");
  if (!lineGone(link) || link.phase !== "away") return now;
  if (hubAnswers) return `${now} ${say("away.mediaBand")}`;
  const why =
    link.sinceUs === null ? say("away.lineBandNoTime") : say("away.lineBand", { time: clockSeconds(link.sinceUs, language) });
  return `${now} ${why}`;
}
