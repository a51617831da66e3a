// SPDX-License-Identifier: EUPL-1.2
// What the hub answers, in its ordinary form, for tests to change.
import i18next from "i18next";
import { en } from "../src/i18n/en";
import type { Say } from "../src/i18n/language";
import { nl } from "../src/i18n/nl";
import type { Camera, Filming, Overview } from "../src/hub/types";

export const S = 1_000_000;
export const HOUR_US = 3_600 * S;
export const NOW_US = Date.UTC(2026, 10, 14, 13, 23, 42) * 1000; // 14:23:42 in Amsterdam

export function camera(change: Partial<Camera>): Camera {
  return { camera: "camera-1", unit: "unit-1", name: "Podium", unit_online: true, recording: true, source_note: null, ...change };
}

export function filming(change: Partial<Filming>): Filming {
  return {
    deployment: "d",
    number: "2026-041",
    title: "Voorbeeldplein",
    from_us: NOW_US - HOUR_US,
    until_us: NOW_US + HOUR_US,
    retention_h: 168,
    demo: true,
    cameras: [camera({})],
    watching: 1,
    ...change,
  };
}

export function overview(change: Partial<Overview>): Overview {
  return { now_us: NOW_US, demo: true, filming: [filming({})], recent: [], next: null, alarms: [], ...change };
}

export async function words(): Promise<{ dutch: Say; english: Say }> {
  const resources = { nl: { console: nl }, en: { console: en } };
  await i18next.init({ lng: "nl", defaultNS: "console", resources, interpolation: { escapeValue: false } });
  return { dutch: i18next.getFixedT("nl") as Say, english: i18next.getFixedT("en") as Say };
}
