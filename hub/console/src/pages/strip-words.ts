// SPDX-License-Identifier: EUPL-1.2
// What the strip says: what films and until when, or since when nothing does and what comes next.
import type { OverviewState } from "../hub/overview";
import { filmingIn, openNow, windowNow, type Standing } from "../hub/standing";
import type { Filming } from "../hub/types";
import type { Language, Say } from "../i18n/language";
import { clockMinutes, moment, timeLeft } from "../words/times";

export interface StripWords {
  state: "filming" | "nothing" | "offline";
  lead: string;
  more: string[];
  watching: string | null;
}

export interface StripScene extends OverviewState {
  /** the deployments that are looked at on this page, of which the hub may not have heard yet */
  looking: ReadonlySet<string>;
  standing: readonly Standing[];
  nowUs: number | null;
  say: Say;
  language: Language;
}

function lastEnd(filming: readonly Filming[]): number {
  return Math.max(...filming.map((one) => one.until_us));
}

function filmingWords(filming: Filming[], nowUs: number, { say, language, looking }: StripScene): StripWords {
  const count = filming.length;
  const untilUs = lastEnd(filming);
  const time = moment(untilUs, nowUs, language);
  return {
    state: "filming",
    lead: say("strip.filming", { count }),
    more: [count === 1 ? say("strip.until", { time }) : say("strip.lastUntil", { time }), timeLeft(untilUs, nowUs, say)],
    watching: say("strip.watching", { count: filming.reduce((sum, one) => sum + Math.max(one.watching, looking.has(one.deployment) ? 1 : 0), 0) }),
  };
}

function endedWords(standing: readonly Standing[], nowUs: number, say: Say, language: Language): string[] {
  const last = standing.filter((one) => windowNow(one, nowUs) !== "open").sort((one, other) => one.filming.until_us - other.filming.until_us).at(-1);
  if (!last) return [];
  const { number, until_us: untilUs } = last.filming;
  const early = windowNow(last, nowUs) === "early";
  return [early ? say("strip.endedEarly", { number }) : say("strip.ended", { number, time: moment(untilUs, nowUs, language) })];
}

function nothingWords(nowUs: number, { overview, standing, say, language }: StripScene): StripWords {
  const next = overview?.next;
  const idle = openNow(standing, nowUs);
  if (idle.length > 0) return { state: "nothing", lead: say("strip.nothing"), more: idle.map(({ number }) => say("strip.idle", { number })), watching: null };
  const more = endedWords(standing, nowUs, say, language);
  more.push(next ? say("strip.next", { time: moment(next.from_us, nowUs, language), number: next.number }) : say("strip.none"));
  return { state: "nothing", lead: say("strip.nothing"), more, watching: null };
}

function offlineWords({ answeredUs, standing, nowUs, say, language }: StripScene): StripWords {
  const filming = nowUs === null ? [] : filmingIn(openNow(standing, nowUs));
  const lead =
    answeredUs === null ? say("strip.offline") : say("strip.offlineSince", { time: clockMinutes(answeredUs, language) });
  const more =
    nowUs !== null && filming.length > 0 ? [say("strip.offlineFilming", { time: moment(lastEnd(filming), nowUs, language) })] : [];
  return { state: "offline", lead, more, watching: null };
}

/** null until the hub has said anything. */
export function stripWords(scene: StripScene): StripWords | null {
  const { offline, overview, standing, nowUs } = scene;
  if (offline) return offlineWords(scene);
  if (overview === null || nowUs === null) return null;
  const filming = filmingIn(openNow(standing, nowUs));
  return filming.length > 0 ? filmingWords(filming, nowUs, scene) : nothingWords(nowUs, scene);
}
