// SPDX-License-Identifier: EUPL-1.2
// How old a picture is, in words: tenths while it may pass for now, coarser when it plainly may not.
import type { Language, Say } from "../i18n/language";

function age(ageMs: number, say: Say, language: Language): string {
  const ms = Math.max(0, ageMs); // a unit's clock may run a little ahead; nothing is younger than now
  const seconds = Math.floor(ms / 1000);
  if (ms < 10_000) {
    const tenths = (Math.floor(ms / 100) / 10).toFixed(1);
    return say("tile.ageSeconds", { seconds: language === "nl" ? tenths.replace(".", ",") : tenths });
  }
  if (seconds < 120) return say("tile.ageSeconds", { seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return say("tile.ageMinutes", { minutes });
  return say("tile.ageHours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
}

/** 0,4 s oud · 27 s oud · 3 min oud · 2 u 05 oud */
export function ageWords(ageMs: number, say: Say, language: Language): string {
  return say("tile.age", { age: age(ageMs, say, language) });
}
