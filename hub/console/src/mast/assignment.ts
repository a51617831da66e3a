// SPDX-License-Identifier: EUPL-1.2
// An assignment as its exact bytes say it (contract/mandate.py). One that holds more than is known here is not shown as
// less: it cannot be signed on this page.
import { canonical, fromBase64, NotCanonicalError, readCanonical, type Plain } from "../people/canonical";

export interface Assignment {
  deployment: string;
  post: string;
  unit: string;
  camera: string;
  serial: number;
  setup: { from_us: number; to_us: number } | null;
}

/** What is shown in words, what the hub and the unit check by themselves, and what must be empty on this page. */
const SHOWN = ["camera", "deployment", "post", "serial", "unit"];
const CHECKED = ["epoch", "masks_digest", "post_digest", "unit_key"];
const EMPTY = ["masks", "zones"];
/** Left out of the bytes where it is none. */
const SETUP = "setup";
const FIELDS = canonical([...SHOWN, ...CHECKED, ...EMPTY, SETUP].sort());

function isRecord(value: Plain | undefined): value is { readonly [field: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The assignment in these bytes (base64); null where this page cannot show all of it. */
export function readAssignment(body: string): Assignment | null {
  let value: Plain;
  try {
    value = readCanonical(fromBase64(body));
  } catch (failure) {
    if (failure instanceof NotCanonicalError) return null;
    throw failure;
  }
  if (!isRecord(value) || canonical([...new Set([...Object.keys(value), SETUP])].sort()) !== FIELDS) return null;
  if (EMPTY.some((field) => !Array.isArray(value[field]) || (value[field] as readonly Plain[]).length > 0)) return null;
  const { deployment, post, unit, camera, serial, setup = null } = value;
  const named = [deployment, post, unit, camera].every((one) => typeof one === "string");
  if (!named || typeof serial !== "number" || !(setup === null || isWindow(setup))) return null;
  return { deployment, post, unit, camera, serial, setup } as unknown as Assignment;
}

function isWindow(value: Plain | undefined): boolean {
  return isRecord(value) && canonical(Object.keys(value).sort()) === '["from_us","to_us"]' && typeof value["from_us"] === "number" && typeof value["to_us"] === "number";
}
