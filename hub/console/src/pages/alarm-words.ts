// SPDX-License-Identifier: EUPL-1.2
// What an alarm says: what is wrong, since when, and what it means.
import type { Alarm } from "../hub/types";
import type { Language, Say } from "../i18n/language";
import { moment, momentSeconds } from "../words/times";
import { checkNames } from "./unit-words";

export interface AlarmWords {
  title: string;
  since: string | null;
  body: string;
}

export function alarmWords(alarm: Alarm, nowUs: number, say: Say, language: Language): AlarmWords {
  const since = alarm.since_us === null ? null : momentSeconds(alarm.since_us, nowUs, language);
  const facts = {
    count: alarm.count ?? 0,
    time: alarm.since_us === null ? "" : moment(alarm.since_us, nowUs, language),
    name: alarm.name ?? alarm.camera ?? "",
    number: alarm.number ?? "",
    unit: (alarm.unit ?? "").toUpperCase(),
    until: alarm.until_us === null ? "" : moment(alarm.until_us, nowUs, language),
    rule: alarm.rule ?? "",
  };
  if (alarm.kind === "erasure-late") {
    return { title: alarm.what === "key" ? say("alarm.keyLate", facts) : say("alarm.footageLate", facts), since: null, body: say("alarm.lateHint") };
  }
  if (alarm.kind === "posts-unplaced") {
    const open = alarm.since_us !== null && alarm.since_us <= nowUs;
    const posts = new Intl.ListFormat(language).format(alarm.posts);
    return { title: say(open ? "alarm.unplacedOpen" : "alarm.unplacedSoon", facts), since: open ? since : null, body: say("alarm.unplacedBody", { posts }) };
  }
  if (alarm.kind === "unit-not-ready") {
    const body = alarm.checks.includes("report") ? say("alarm.unreadySilent") : say("alarm.unreadyBody", { checks: checkNames(alarm.checks, say, language) });
    return { title: say("alarm.unready", facts), since: null, body };
  }
  if (alarm.kind === "unit-silent") return { title: say("alarm.silent", facts), since, body: say("alarm.silentBody", facts) };
  return { title: say("alarm.failing", facts), since, body: say("alarm.failingBody", facts) };
}
