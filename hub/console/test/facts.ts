// SPDX-License-Identifier: EUPL-1.2
// What the hub answers, in its ordinary form, for tests to change.
import i18next from "i18next";
import { en } from "../src/i18n/en";
import type { Say } from "../src/i18n/language";
import { nl } from "../src/i18n/nl";
import type { Alarm, Camera, Filming, Next, Overview } from "../src/hub/types";

export const S = 1_000_000;
export const HOUR_US = 3_600 * S;
export const NOW_US = Date.UTC(2026, 10, 14, 13, 23, 42) * 1000; // 14:23:42 in Amsterdam

export function camera(change: Partial<Camera>): Camera {
  return { camera: "camera-1", unit: "unit-1", name: "Podium", unit_online: true, since_us: NOW_US - HOUR_US, doing: "filming", rule: null, recording: true, source_note: null, ...change };
}

export function filming(change: Partial<Filming>): Filming {
  return {
    deployment: "d",
    number: "2026-041",
    title: "Voorbeeldplein",
    regime: "G151C",
    serial: 1,
    recording_mode: "continuous",
    overrun: { times: 2, minutes: 30, taken: 0, left: 2, last_us: NOW_US + 2 * HOUR_US, next_us: NOW_US + HOUR_US + 1_800 * S },
    necessary_until_us: NOW_US + 23 * HOUR_US,
    operators: ["aa"],
    from_us: NOW_US - HOUR_US,
    until_us: NOW_US + HOUR_US,
    retention_h: 168,
    demo: true,
    approved_by: ["J. Verzonnen", "S. Denkbeeld"],
    cameras: [camera({})],
    watching: 1,
    looks: [],
    ...change,
  };
}

export function next(change: Partial<Next>): Next {
  const to_us = NOW_US + 26 * HOUR_US;
  return { deployment: "e", number: "2026-042", title: "Fonteinplein", from_us: NOW_US + 24 * HOUR_US, to_us, posts: 4, placed: 3, ...change };
}

export function alarm(change: Partial<Alarm>): Alarm {
  const none = { what: null, count: null, number: null, unit: null, camera: null, name: null, rule: null, until_us: null, posts: [], checks: [] };
  return { kind: "erasure-late", since_us: NOW_US - HOUR_US, ...none, ...change };
}

export function overview(change: Partial<Overview>): Overview {
  return { now_us: NOW_US, demo: true, filming: [filming({})], recent: [], next: null, upcoming: [], alarms: [], ...change };
}

export async function words(): Promise<{ dutch: Say; english: Say }> {
  const resources = { nl: { console: nl }, en: { console: en } };
  await i18next.init({ lng: "nl", defaultNS: "console", resources, interpolation: { escapeValue: false } });
  return { dutch: i18next.getFixedT("nl") as Say, english: i18next.getFixedT("en") as Say };
}
