// SPDX-License-Identifier: EUPL-1.2
// Whether a record says what the person was shown and chose, field by field. Where it says anything else it is not
// signed, whoever made it.
import { canonical, type Plain } from "../people/canonical";

/** The hub wants something signed that is not what is shown: `where` says in which field. */
export class OtherThanShownError extends Error {
  override name = "OtherThanShownError";
  constructor(readonly where: string) {
    super(where);
  }
}

/** This device's clock and the hub's are minutes apart: nobody knows which moment is signed. */
export class ClocksApartError extends Error {
  override name = "ClocksApartError";
}

/** What each field must be, or whether it is right: none of them is left out. */
export type Shown<T> = { readonly [K in keyof T]: T[K] | ((value: T[K]) => boolean) };

/** Raises OtherThanShownError at the first field that differs. */
export function requireShown<T extends object>(says: T, shown: Shown<T>): void {
  for (const field of Object.keys(shown) as (keyof T & string)[]) {
    const expected: unknown = shown[field];
    const holds =
      typeof expected === "function"
        ? (expected as (value: unknown) => boolean)(says[field])
        : canonical(says[field] as Plain) === canonical(expected as Plain);
    if (!holds) throw new OtherThanShownError(field);
  }
}

export interface Clocks {
  hubUs: number;
  deviceUs: number;
}

const CLOCKS_APART_US = 300_000_000;

export function clocks(hubUs: number): Clocks {
  return { hubUs, deviceUs: Date.now() * 1000 };
}

/** Raises ClocksApartError where they are. */
export function requireOneClock({ hubUs, deviceUs }: Clocks): void {
  if (Math.abs(hubUs - deviceUs) > CLOCKS_APART_US) throw new ClocksApartError(`${hubUs - deviceUs} us`);
}

/** Whether a stretch has begun and is not over, by both clocks, give or take minutes. Raises ClocksApartError. */
export function isNow(fromUs: number, toUs: number, now: Clocks): boolean {
  requireOneClock(now);
  const { hubUs, deviceUs } = now;
  return [hubUs, deviceUs].every((nowUs) => fromUs <= nowUs + CLOCKS_APART_US && toUs >= nowUs - CLOCKS_APART_US);
}
