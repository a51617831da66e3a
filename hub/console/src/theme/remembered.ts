// SPDX-License-Identifier: EUPL-1.2
// What this browser remembers of a person's taste (language, scheme). Never who they are or what they saw.

/** A browser may refuse storage altogether; then the choice lasts as long as the page. */
export function remembered(key: string): string | null {
  try {
    return window.localStorage.getItem(`fz.${key}`);
  } catch (refused) {
    console.info("this browser stores nothing", refused);
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(`fz.${key}`);
    else window.localStorage.setItem(`fz.${key}`, value);
  } catch (refused) {
    console.info("this browser stores nothing", refused);
  }
}
