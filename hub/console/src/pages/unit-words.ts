// SPDX-License-Identifier: EUPL-1.2
// What is said of a unit: where it is, what it does, and of each check what holds or what is to be done.
import type { Check, Unit, UnitWindow } from "../hub/units";
import type { Language, Say } from "../i18n/language";
import type { Tone } from "../parts/StateWord";
import { clockMinutes, moment, wait } from "../words/times";

const HOUR_US = 3_600_000_000;

export interface Scene {
  say: Say;
  language: Language;
  nowUs: number;
}

const checks = {
  "report.none": "units.checks.reportNone",
  "report.old": "units.checks.reportOld",
  "certificate.lasts": "units.checks.certificateLasts",
  "certificate.ends-before": "units.checks.certificateEndsBefore",
  "certificate.over": "units.checks.certificateOver",
  "clock.synchronised": "units.checks.clockSynchronised",
  "clock.agrees": "units.checks.clockAgrees",
  "clock.free": "units.checks.clockFree",
  "clock.ahead": "units.checks.clockAhead",
  "clock.behind": "units.checks.clockBehind",
  "disk.room": "units.checks.diskRoom",
  "disk.short": "units.checks.diskShort",
  "mandate.held": "units.checks.mandateHeld",
  "mandate.missing": "units.checks.mandateMissing",
  "mandate.held-back": "units.checks.mandateHeldBack",
  "mandate.refused": "units.checks.mandateRefused",
  "mandate.unplanned": "units.checks.mandateUnplanned",
  "camera.shut": "units.checks.cameraShut",
  "camera.filming": "units.checks.cameraFilming",
  "camera.silent": "units.checks.cameraSilent",
  "camera.leaves-out": "units.checks.cameraLeavesOut",
  "camera.failing": "units.checks.cameraFailing",
  "lease.runs": "units.checks.leaseRuns",
  "lease.none": "units.checks.leaseNone",
  "lease.over": "units.checks.leaseOver",
} as const;

/** Which figures a sentence takes is known where the check is made; the types here see only that they are words. */
type SayChecked = (key: (typeof checks)[keyof typeof checks], figures: Record<string, string>) => string;

const names = {
  certificate: "units.certificate",
  clock: "units.clock",
  disk: "units.storage",
  mandate: "units.order",
  camera: "units.camera",
  lease: "units.confirmation",
} as const;

/** Rules that say no more than that no window is open, which the card says anyway. */
const PLAIN = new Set(["window.before", "window.after", "mandate.none"]);

const doings = {
  filming: "units.filming",
  waiting: "units.waiting",
  refused: "units.refused",
  failing: "units.failing",
} as const;

/** 1,5 ms is said as 2 ms: an error bound is never made smaller. */
function spanWords(us: number, say: Say): string {
  return us < 10_000_000 ? say("units.milliseconds", { count: Math.ceil(us / 1000) }) : wait(Math.ceil(us / 1_000_000), say);
}

function hours(us: number, language: Language): string {
  const tenths = (Math.floor((us / HOUR_US) * 10) / 10).toFixed(1);
  return language === "nl" ? tenths.replace(".", ",") : tenths;
}

/** 12,4 GB, in powers of ten as disks are sold */
export function sizeWords(bytes: number, { say, language }: Scene): string {
  const size = (bytes / 1e9).toFixed(1);
  return say("units.gigabytes", { size: language === "nl" ? size.replace(".", ",") : size });
}

/** What each figure of a check is in words; one that is no figure is said as it is. */
function figures(check: Check, { say, language, nowUs }: Scene): Record<string, string> {
  const said: Record<string, string> = {};
  for (const [name, value] of Object.entries(check.parameters)) {
    const at = Number(value);
    if (name === "room_us" || (name === "needed_us" && check.check === "disk")) said[name] = hours(at, language);
    else if (name === "error_us" || name === "off_us") said[name] = spanWords(at, say);
    else if (name.endsWith("_us")) said[name] = moment(at, nowUs, language);
    else said[name] = String(value);
  }
  return said;
}

function nameOf(check: string, say: Say): string {
  return check in names ? say(names[check as keyof typeof names]) : check;
}

/** klok en opslag */
export function checkNames(checksOf: readonly string[], say: Say, language: Language): string {
  return new Intl.ListFormat(language).format(checksOf.map((check) => nameOf(check, say).toLowerCase()));
}

/** The name of a check, and its sentence; a check that this page does not know yet is said by its key. */
export function checkWords(check: Check, scene: Scene): { name: string; says: string } {
  const { say } = scene;
  const name = nameOf(check.check, say);
  if (!(check.says in checks)) return { name, says: check.says };
  const key = checks[check.says as keyof typeof checks];
  return { name, says: (say as unknown as SayChecked)(key, figures(check, scene)) };
}

/** Where the unit is, in a word and a tone. */
export function presence(unit: Unit, say: Say): { tone: Tone; word: string } {
  if (unit.state === "revoked") return { tone: "off", word: say("units.revoked") };
  if (unit.seen_at_us === null) return { tone: "off", word: say("units.neverSeen") };
  return unit.online ? { tone: "live", word: say("units.online") } : { tone: "lost", word: say("units.offline") };
}

/** sinds 14:10 · laatst gehoord 14:23 */
export function sinceWords(unit: Unit, { say, language, nowUs }: Scene): string {
  const said: string[] = [];
  if (unit.since_us !== null) said.push(say("units.since", { time: moment(unit.since_us, nowUs, language) }));
  if (unit.seen_at_us !== null && !unit.online) said.push(say("units.seen", { time: moment(unit.seen_at_us, nowUs, language) }));
  return said.join(" · ");
}

/** What it does, or did when it was last heard; null for a unit that never said. */
export function doingWords(unit: Unit, say: Say): string | null {
  if (unit.doing === null || unit.state === "revoked") return null;
  const doing = say(doings[unit.doing]);
  const plain = unit.doing === "filming" || unit.rule === null || PLAIN.has(unit.rule);
  const known = plain ? doing : say("units.because", { doing, rule: unit.rule ?? "" });
  return unit.online ? known : say("units.lastSaid", { doing: known });
}

/** Nu: inzet 2026-041 tot 23:00, or when it begins */
export function windowWords(next: UnitWindow | null, { say, language, nowUs }: Scene): string {
  if (next === null) return say("units.unplanned");
  const until = moment(next.to_us, nowUs, language);
  if (next.from_us <= nowUs) return say("units.now", { number: next.number, until });
  const sameDay = next.to_us - next.from_us < 24 * HOUR_US;
  const to = sameDay ? clockMinutes(next.to_us, language) : until;
  return say("units.next", { number: next.number, from: moment(next.from_us, nowUs, language), until: to });
}

/** The one sentence for a unit of which nothing is known now, instead of the same one for each check. */
export function unknownWords(unit: Unit, scene: Scene): string | null {
  const [first] = unit.ready;
  return first?.says.startsWith("report.") ? checkWords(first, scene).says : null;
}

/** Whether it is ready, in one line; what is to be done stands in the checks. */
export function verdictWords(unit: Unit, say: Say): string {
  if (unit.ready[0]?.says.startsWith("report.")) return say("units.unknown");
  const open = unit.ready.filter((check) => !check.ok).length;
  if (open > 0) return say("units.notReady", { count: open });
  return unit.next === null ? say("units.readyUnplanned") : say("units.ready", { number: unit.next.number });
}

/** What is wrong first, then what is right and not kept so, each in its own order. */
export function ordered(checksOf: readonly Check[]): Check[] {
  const rank = ({ ok, warns }: Check): number => (!ok ? 0 : warns ? 1 : 2);
  return [...checksOf].sort((one, other) => rank(one) - rank(other));
}
