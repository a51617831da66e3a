// SPDX-License-Identifier: EUPL-1.2
// The one form in which a record is written (contract/record.py): JSON with sorted keys, whole numbers and no spaces.
// What is not in it is not read: two texts for one meaning would let the one be shown and the other be signed.
import type { Bytes } from "../replay/sealed";

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [field: string]: Plain };

/** The bytes are not a record in its one form. */
export class NotCanonicalError extends Error {
  override name = "NotCanonicalError";
}

const DEPTH_LIMIT = 32;
const NOT_WHOLE = /[\uD800-\uDFFF]/u; // under "u" a pair is one character: what is found stands alone

function text(value: string): string {
  if (NOT_WHOLE.test(value)) throw new NotCanonicalError("half a character");
  return JSON.stringify(value);
}

export function canonical(value: Plain, depth = DEPTH_LIMIT): string {
  if (depth === 0) throw new NotCanonicalError("nested too deeply");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new NotCanonicalError("not a whole number");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((item: Plain) => canonical(item, depth - 1)).join(",")}]`;
  const record = value as { readonly [field: string]: Plain };
  const fields = Object.keys(record).sort();
  return `{${fields.map((field) => `${text(field)}:${canonical(record[field] as Plain, depth - 1)}`).join(",")}}`;
}

export function canonicalBytes(value: Plain): Bytes {
  return new TextEncoder().encode(canonical(value));
}

/** The value of a record's bytes; refused where these bytes are not the form of that value. */
export function readCanonical(bytes: Bytes): Plain {
  let value: Plain;
  let written: string;
  try {
    written = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(written) as Plain;
  } catch (failure) {
    throw new NotCanonicalError("not JSON", { cause: failure });
  }
  if (canonical(value) !== written) throw new NotCanonicalError("not its one form");
  return value;
}

export function toBase64(bytes: Bytes): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

export function fromBase64(written: string): Bytes {
  return Uint8Array.from(atob(written), (letter) => letter.charCodeAt(0));
}

export function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes: Bytes): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A text's salted digest (contract/tlog.py), which says nothing without the salt. */
export async function commitment(text: string, salt: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const salted = Uint8Array.from(salt.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const head = new TextEncoder().encode("flexzicht/commitment/v1\n");
  return sha256(Uint8Array.from([...head, salted.length, ...salted, ...bytes]));
}

/** What a signature covers: the type, a newline and the record's exact bytes (contract/envelope.py). */
export function signingInput(kind: string, body: Bytes): Bytes {
  const head = new TextEncoder().encode(`flexzicht/${kind}/v1\n`);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
