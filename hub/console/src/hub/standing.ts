// SPDX-License-Identifier: EUPL-1.2
// Which deployments stand on the page: those that film, and for a while those that did. A tile that someone looked at
// must say that its window ended, and not just be gone.
import { useRef } from "react";
import type { Camera, Filming, Overview } from "./types";

export interface Standing {
  filming: Filming;
  /** the hub's time at its first answer that listed this no more; null while it is listed */
  unlistedUs: number | null;
}

export type WindowNow = "open" | "ended" | "early";

const KEPT_US = 300_000_000; // an ended one stays so long beside those that film, else until the page is left

/** What the newest answer makes of what stood: the order stays, so that a tile keeps its number. */
export function follow(before: readonly Standing[], overview: Overview): Standing[] {
  const listed = new Map(overview.filming.map((one) => [one.deployment, one]));
  const after: Standing[] = before.map((one) => {
    const again = listed.get(one.filming.deployment);
    listed.delete(one.filming.deployment);
    if (again) return { filming: again, unlistedUs: null };
    return { filming: one.filming, unlistedUs: one.unlistedUs ?? overview.now_us };
  });
  after.push(...[...listed.values()].map((filming) => ({ filming, unlistedUs: null })));
  if (overview.filming.length === 0) return after;
  return after.filter((one) => one.unlistedUs === null || one.unlistedUs > overview.now_us - KEPT_US);
}

/**
 * Early only where the hub itself, by its own clock, listed it no more before its end: two clocks that differ a little
 * and an answer that is a few seconds old must not make an end on time look like a withdrawal.
 */
export function windowNow({ filming, unlistedUs }: Standing, nowUs: number): WindowNow {
  if (unlistedUs !== null) return unlistedUs < filming.until_us ? "early" : "ended";
  return nowUs < filming.until_us ? "open" : "ended";
}

export function openNow(standing: readonly Standing[], nowUs: number): Filming[] {
  return standing.filter((one) => windowNow(one, nowUs) === "open").map((one) => one.filming);
}

/** By its unit's own word; one of which nothing is known may film within its order. */
export function mayFilm(camera: Camera): boolean {
  return !camera.unit_online || camera.doing === null || camera.doing === "filming";
}

/** Those of the open windows in which a camera films: an open window alone is no camera. */
export function filmingIn(open: readonly Filming[]): Filming[] {
  return open.filter((one) => one.cameras.some(mayFilm));
}

/** The next moment at which one of them ends. */
export function nextEndUs(standing: readonly Standing[], nowUs: number): number | null {
  const ends = openNow(standing, nowUs).map((one) => one.until_us);
  return ends.length > 0 ? Math.min(...ends) : null;
}

export function useStanding(overview: Overview | null): Standing[] {
  const held = useRef<{ overview: Overview | null; standing: Standing[] }>({ overview: null, standing: [] });
  if (overview !== null && overview !== held.current.overview) {
    held.current = { overview, standing: follow(held.current.standing, overview) };
  }
  return held.current.standing;
}

export type Recording = "yes" | "no" | "unknown";

/** Whether a camera records, of which the last report says nothing once nobody reports. */
export function recordingNow(camera: Camera, hubAnswers: boolean, unitReports: boolean): Recording {
  if (!hubAnswers || !unitReports || camera.recording === null) return "unknown";
  return camera.recording ? "yes" : "no";
}

/** The same for the whole page: one camera of which it is unknown makes it unknown. */
export function anyRecording(filming: readonly Filming[], hubAnswers: boolean): Recording {
  const all = filming.flatMap((one) => one.cameras.map((each) => recordingNow(each, hubAnswers, each.unit_online)));
  return all.includes("unknown") ? "unknown" : all.includes("yes") ? "yes" : "no";
}
