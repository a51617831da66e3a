// SPDX-License-Identifier: EUPL-1.2
// A decision in words: each field of its bytes, in sentences under the heads that people ask for. What is not a round
// number is said exactly, so that no two decisions read the same.
import type { Language, Say } from "../i18n/language";
import { shortPrint } from "../people/short-print";
import type { Decision, Position, Post } from "./decision";
import { exactDay, exactInstant, exactTime } from "./exact";
import { degrees, squareMetres } from "./ground";
import { grouped } from "../words/numbers";
import { sentence, visible, type Sentence, type Values } from "./pieces";

export const heads = ["where", "when", "overrun", "sharp", "recording", "keep", "who", "not", "why", "ground", "team", "record"] as const;
export type Head = (typeof heads)[number];

export interface Row {
  head: Head;
  sentences: Sentence[];
  /** the same to the last digit; it is signed too */
  details: Sentence[];
}

export interface Scene {
  say: Say;
  language: Language;
  /** by a key as it stands in the bytes: its fingerprint, computed here */
  prints: ReadonlyMap<string, string>;
}

type Made = (id: string, key: string, values: Values, strong?: readonly string[]) => Sentence;
const HOUR_S = 3600;
const DAY_H = 24;
const COMPASS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;

/** All rows, in the order in which they are read. */
export function rowsOf(decision: Decision, scene: Scene): Row[] {
  const made: Made = (id, key, values, strong) => sentence(id, key, values, scene.say, strong);
  const makers: Record<Head, () => Omit<Row, "head">> = {
    where: () => whereRow(decision, scene, made),
    when: () => whenRow(decision, scene, made),
    overrun: () => overrunRow(decision, made),
    sharp: () => simple(made("sharp", "sharp", { ceiling: Math.max(...decision.posts.map((one) => one.ceiling_px_per_m)) }, ["ceiling"])),
    recording: () => recordingRow(decision, scene, made),
    keep: () => simple(made("keep", "keep", { term: keptWords(decision.retention_h, scene.say) }, ["term"])),
    who: () => simple(made("who", `who.${decision.regime}`, {}), made("live", `live.${decision.live}`, {})),
    not: () => simple(made("not", "not", {}), made("demo", decision.demo ? "demo" : "real", {})),
    why: () => simple({ id: "why", pieces: [{ text: visible(decision.necessity), strong: false }] }),
    ground: () => groundRow(decision, made),
    team: () => teamRow(decision, scene, made),
    record: () => recordRow(decision, scene, made),
  };
  return heads.map((head) => ({ head, ...makers[head]() }));
}

function simple(...sentences: Sentence[]): Omit<Row, "head"> {
  return { sentences, details: [] };
}

function corners(area: readonly Position[]): string {
  return area.map(degrees).join("; ");
}

function whereRow(decision: Decision, { language, say }: Scene, made: Made): Omit<Row, "head"> {
  const names = decision.posts.map((one) => one.name).join(", ");
  const area = grouped(Math.round(squareMetres(decision.area)));
  return {
    sentences: [
      made("where", "where", { area, count: decision.posts.length, names }, ["area"]),
      made("units", "units", { count: decision.max_units }),
    ],
    details: [
      made("corners", "corners", { corners: corners(decision.area) }),
      ...decision.posts.flatMap((one) => postSentences(one, { language, say }, made)),
    ],
  };
}

function thousandth(value: number, language: Language): string {
  const written = String(value / 1000);
  return language === "nl" ? written.replace(".", ",") : written;
}

function postSentences(one: Post, { language, say }: Pick<Scene, "language" | "say">, made: Made): Sentence[] {
  const { azimuth_mdeg, tilt_mdeg, hfov_mdeg, height_mm } = one.view;
  const direction = COMPASS[Math.round(azimuth_mdeg / 45_000) % COMPASS.length] ?? "n";
  return [
    made(`post ${one.post}`, "post", {
      post: one.post,
      name: one.name,
      place: degrees(one.position),
      height: thousandth(height_mm, language),
      direction: say(`approving.text.directions.${direction}`),
      azimuth: thousandth(azimuth_mdeg, language),
      tilt: thousandth(tilt_mdeg, language),
      width: thousandth(hfov_mdeg, language),
      ceiling: one.ceiling_px_per_m,
    }),
    made(`post-area ${one.post}`, "postArea", { post: one.post, corners: corners(one.area) }),
  ];
}

function whenRow(decision: Decision, { language }: Scene, made: Made): Omit<Row, "head"> {
  const windows = decision.windows.map(({ from_us, to_us }, n) => {
    const [day, endDay] = [exactDay(from_us, language), exactDay(to_us, language)];
    const times = { from: exactTime(from_us, language), to: exactTime(to_us, language) };
    if (day === endDay) return made(`window ${n}`, "window", { day, ...times }, ["from", "to"]);
    return made(`window ${n}`, "windowDays", { day, endDay, ...times }, ["from", "to"]);
  });
  return simple(...windows);
}

function overrunRow({ overrun: { times, minutes } }: Decision, made: Made): Omit<Row, "head"> {
  if (times === 0 || minutes === 0) return simple(made("overrun", "overrunNone", { times, minutes }));
  return simple(made("overrun", "overrun", { count: times, minutes }, ["minutes"]));
}

function recordingRow(decision: Decision, { say }: Scene, made: Made): Omit<Row, "head"> {
  const back = decision.prebuffer_s === 0 ? "prebufferNone" : "prebuffer";
  const recorded = made("recording", `recording.${decision.recording}`, {});
  const link = made("link", `link.${decision.on_link_loss}`, { grace: spanWords(decision.offline_grace_s, say) });
  const how = [made("prebuffer", back, { seconds: decision.prebuffer_s }), made("upload", `upload.${decision.upload}`, {})];
  // Where nothing is recorded, how it would be is of no weight; it is signed all the same.
  return decision.recording === "none" ? { sentences: [recorded, link], details: how } : simple(recorded, ...how, link);
}

function spanWords(seconds: number, say: Say): string {
  if (seconds % HOUR_S === 0) return say("approving.text.hours", { count: seconds / HOUR_S });
  if (seconds % 60 === 0) return say("approving.text.minutes", { count: seconds / 60 });
  return say("approving.text.seconds", { count: seconds });
}

function keptWords(hours: number, say: Say): string {
  if (hours % DAY_H === 0) return say("approving.text.days", { count: hours / DAY_H });
  return say("approving.text.hours", { count: hours });
}

function groundRow(decision: Decision, made: Made): Omit<Row, "head"> {
  return simple(
    made("regime", `regime.${decision.regime}`, {}),
    made("designation", "designation", { designation: decision.designation }),
    made("delegation", "delegation", { delegation: decision.delegation }),
  );
}

function teamRow(decision: Decision, { say, prints }: Scene, made: Made): Omit<Row, "head"> {
  const named = (keys: readonly string[]): string =>
    keys.map((key) => say("approving.text.key", { print: shortPrint(prints.get(key) ?? "") })).join(", ");
  const { operators, installers } = decision.team;
  return simple(
    made("operators", "operators", { people: named(operators) }),
    installers.length === 0 ? made("installers", "installersNone", {}) : made("installers", "installers", { people: named(installers) }),
  );
}

function recordRow(decision: Decision, { language }: Scene, made: Made): Omit<Row, "head"> {
  const time = exactInstant(decision.decided_at_us, language);
  return {
    sentences: [made("record", "record", { number: decision.number, serial: decision.serial, time })],
    details: [made("id", "id", { id: decision.deployment })],
  };
}
