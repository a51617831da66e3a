// SPDX-License-Identifier: EUPL-1.2
// The address of a look back: which camera, and how far back from now.

export const BACK_S = 120;

export interface Wanted {
  deployment: string | null;
  camera: string | null;
  /** seconds before now; null where no look was asked for */
  backS: number | null;
}

export function replayPath(deployment: string, camera: string): string {
  return `/replay?${new URLSearchParams({ deployment, camera, back: String(BACK_S) }).toString()}`;
}

/** The timeline of a deployment, without a look. */
export function timelinePath(deployment: string): string {
  return `/replay?${new URLSearchParams({ deployment }).toString()}`;
}

export function readWanted(search: string): Wanted {
  const query = new URLSearchParams(search);
  const back = /^[0-9]{1,5}$/.exec(query.get("back") ?? "")?.[0];
  return { deployment: query.get("deployment"), camera: query.get("camera"), backS: back === undefined ? null : Number(back) };
}

/**
 * Whether a page of this console opened this one: only then does an address make a look by itself. A link from
 * elsewhere, and a page that is loaded again, wait for the person.
 */
export function openedHere(page: { opener: unknown; location: { origin: string } }): boolean {
  try {
    const opener = page.opener as { location: { origin: string } } | null;
    return opener !== null && opener.location.origin === page.location.origin;
  } catch (failure) {
    if (failure instanceof DOMException) return false; // another origin's page
    throw failure;
  }
}
