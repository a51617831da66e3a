// SPDX-License-Identifier: EUPL-1.2
// What people type as a date and a time is the Netherlands' clock, whatever the browser's own zone; the hub counts
// microseconds UTC. An hour that comes twice in autumn is its first; one that does not exist in spring is the next.
import type { Language } from "../i18n/language";
import { instant } from "../words/times";

const ZONE = "Europe/Amsterdam";
const format = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});
const MINUTE_US = 60_000_000;

function partsOf(ms: number): Record<string, string> {
  return Object.fromEntries(format.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
}

/** `2026-11-24T17:00`, as a date field holds it. */
export function typedOf(us: number): string {
  const { year, month, day, hour, minute } = partsOf(us / 1000);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

function aheadMs(ms: number): number {
  return Date.parse(`${typedOf(ms * 1000)}Z`) - Math.floor(ms / 60_000) * 60_000;
}

/** null where it is no date and time. */
export function usOf(typed: string): number | null {
  const wall = Date.parse(`${typed}Z`);
  // While a year is typed the field says 0002, 0020, 0202: no time that anybody means.
  if (!/^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}/.test(typed) || Number.isNaN(wall)) return null;
  // The zone is an hour or two ahead: try what a day before says, which is right on all but the last turn.
  const early = wall - aheadMs(wall - 86_400_000);
  const late = wall - aheadMs(early);
  const found = typedOf(early * 1000) === typed.slice(0, 16) ? early : late;
  return found * 1000;
}

const SECONDS = " 00:00:00".length;

/** za 14 nov 2026 */
export function calendarDay(us: number, language: Language): string {
  return instant(us, language).slice(0, -SECONDS);
}

/** The next whole half hour. */
export function nextHalfHour(us: number): number {
  return Math.ceil(us / (30 * MINUTE_US)) * 30 * MINUTE_US;
}
