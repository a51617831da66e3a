// SPDX-License-Identifier: EUPL-1.2
// Microseconds UTC become the words that people read: always the Netherlands' clock, 24 hours, the end rather than the length.
import type { Language, Say } from "../i18n/language";

const ZONE = "Europe/Amsterdam";
const LAST_MINUTES_US = 10 * 60 * 1_000_000; // from here on the seconds are shown

const tags: Record<Language, string> = { nl: "nl-NL", en: "en-GB" };
const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${language}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(tags[language], { timeZone: ZONE, hourCycle: "h23", ...options });
    formats.set(key, made);
  }
  return made;
}

function date(us: number): Date {
  return new Date(us / 1000);
}

/** 16:49:51 */
export function clockSeconds(us: number, language: Language): string {
  return format("seconds", language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date(us));
}

/** 16:49 */
export function clockMinutes(us: number, language: Language): string {
  return format("minutes", language, { hour: "2-digit", minute: "2-digit" }).format(date(us));
}

function day(us: number, language: Language): string {
  const words = format("day", language, { weekday: "short", day: "numeric", month: "short" }).format(date(us));
  return words.replace(",", "");
}

/** 17:00, or za 14 nov 17:00 when that is another day than now */
export function moment(us: number, nowUs: number, language: Language): string {
  const time = clockMinutes(us, language);
  const on = day(us, language);
  return on === day(nowUs, language) ? time : `${on} ${time}`;
}

/** za 14 nov 2026 14:23:42 */
export function instant(us: number, language: Language): string {
  const year = format("year", language, { year: "numeric" }).format(date(us));
  return `${day(us, language)} ${year} ${clockSeconds(us, language)}`;
}

/** za 14 nov 2026 14:23 */
export function instantMinutes(us: number, language: Language): string {
  return instant(us, language).slice(0, -":00".length);
}

/** za 14 nov 2026 14:23:42,4 */
export function instantTenths(us: number, language: Language): string {
  const tenth = Math.floor((us % 1_000_000) / 100_000);
  return `${instant(us, language)}${language === "nl" ? "," : "."}${tenth}`;
}

/** 14:23:42, or za 14 nov 14:23:42 when that is another day than now */
export function momentSeconds(us: number, nowUs: number, language: Language): string {
  const time = clockSeconds(us, language);
  const on = day(us, language);
  return on === day(nowUs, language) ? time : `${on} ${time}`;
}

/** 42 s, 4 min 10 s, 2 u 5 min */
export function lengthWords(us: number, say: Say): string {
  const seconds = Math.floor(us / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return say("replay.length.seconds", { seconds });
  if (minutes < 60) return say("replay.length.minutes", { minutes, seconds: seconds % 60 });
  return say("replay.length.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** nog 2 u 36, nog 36 min, nog 9:42 in the last ten minutes */
export function timeLeft(untilUs: number, nowUs: number, say: Say): string {
  const leftUs = untilUs - nowUs;
  if (leftUs <= 0) return say("left.none");
  const seconds = Math.floor(leftUs / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  if (leftUs < LAST_MINUTES_US) {
    return say("left.clock", { minutes, seconds: String(seconds % 60).padStart(2, "0") });
  }
  if (minutes < 60) return say("left.minutes", { minutes });
  return say("left.hours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
}

/** 40 s, 3 min: how long a person has to wait */
export function wait(seconds: number, say: Say): string {
  return seconds < 120 ? say("span.seconds", { seconds }) : say("span.minutes", { minutes: Math.ceil(seconds / 60) });
}
