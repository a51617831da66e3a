// SPDX-License-Identifier: EUPL-1.2
// Times and numbers as they are signed: the Netherlands' clock, and to the microsecond where it is not a whole minute.
import type { Language } from "../i18n/language";

const ZONE = "Europe/Amsterdam";
const tags: Record<Language, string> = { nl: "nl-NL", en: "en-GB" };
const SECOND_US = 1_000_000;

function written(us: number, language: Language, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(tags[language], { timeZone: ZONE, hourCycle: "h23", ...options }).format(new Date(us / 1000));
}

/** zondag 15 november 2026 */
export function exactDay(us: number, language: Language): string {
  return written(us, language, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).replace(",", "");
}

/** 13:00, 13:00:05 or 13:00:05,000001, and the zone where its clocks are set back */
export function exactTime(us: number, language: Language): string {
  const point = language === "nl" ? "," : ".";
  const zone = ambiguous(us) ? ` ${written(us, language, { timeZoneName: "shortOffset" }).split(" ").at(-1) ?? ""}` : "";
  if (us % (60 * SECOND_US) === 0) return written(us, language, { hour: "2-digit", minute: "2-digit" }) + zone;
  const seconds = written(us, language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const rest = us % SECOND_US;
  return (rest === 0 ? seconds : `${seconds}${point}${String(rest).padStart(6, "0")}`) + zone;
}

/** In the hour that comes twice, the time alone does not say which one. */
function ambiguous(us: number): boolean {
  const clock = (at: number): string => written(at, "en", { day: "numeric", hour: "2-digit", minute: "2-digit" });
  const hour = 3600 * SECOND_US;
  return clock(us) === clock(us + hour) || clock(us) === clock(us - hour);
}

export function exactInstant(us: number, language: Language): string {
  return `${exactDay(us, language)} ${exactTime(us, language)}`;
}
