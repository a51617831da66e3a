// SPDX-License-Identifier: EUPL-1.2
// What a record's exact bytes say, read strictly (contract/record.py): known fields only, each there, of its type and
// within its bounds. What this does not know it does not read, so that nobody signs what they were not shown.
import { NotCanonicalError, readCanonical, type Plain } from "../people/canonical";
import type { Bytes } from "../replay/sealed";

/** The bytes are no record that this page can show whole: `where` says at which field. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
  constructor(readonly where: string) {
    super(where);
  }
}

export type Reader<T> = (value: Plain | undefined, where: string) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;

export function whole(low: number, high: number): Reader<number> {
  return (value, where) => {
    if (typeof value !== "number" || value < low || value > high) throw new UnreadableError(where);
    return value;
  };
}

export function text(pattern: RegExp): Reader<string> {
  return (value, where) => {
    if (typeof value !== "string" || !pattern.test(value)) throw new UnreadableError(where);
    return value;
  };
}

export function oneOf<const T extends string>(...known: readonly T[]): Reader<T> {
  return (value, where) => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw new UnreadableError(where);
    return found;
  };
}

export const yesOrNo: Reader<boolean> = (value, where) => {
  if (typeof value !== "boolean") throw new UnreadableError(where);
  return value;
};

export function listOf<T>(item: Reader<T>, low: number, high: number): Reader<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length < low || value.length > high) throw new UnreadableError(where);
    return value.map((one: Plain, n) => item(one, `${where}[${n}]`));
  };
}

export function record<F extends Record<string, Reader<unknown>>>(fields: F): Reader<{ [K in keyof F]: Read<F[K]> }> {
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UnreadableError(where);
    const given = value as { readonly [field: string]: Plain };
    const unknown = Object.keys(given).find((field) => !Object.hasOwn(fields, field));
    if (unknown !== undefined) throw new UnreadableError(where === "" ? unknown : `${where}.${unknown}`);
    const read = Object.entries(fields).map(([field, reader]) => {
      const at = where === "" ? field : `${where}.${field}`;
      return [field, reader(Object.hasOwn(given, field) ? given[field] : undefined, at)] as const;
    });
    return Object.fromEntries(read) as { [K in keyof F]: Read<F[K]> };
  };
}

/** A field that is left out of the bytes where there is none. */
export function leftOut<T>(reader: Reader<T>): Reader<T | null> {
  return (value, where) => (value === undefined ? null : reader(value, where));
}

const RECORD_LIMIT = 65_536; // bytes
const INTEGER_LIMIT = Number.MAX_SAFE_INTEGER;
export const micros = whole(0, INTEGER_LIMIT);
export const uuid = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const name = text(/^[a-z0-9-]{1,32}$/);
export const serial = whole(1, 2 ** 31);
export const digest = text(/^[0-9a-f]{64}$/);
export const span = record({ from_us: micros, to_us: micros });

/** The record in these bytes. Raises UnreadableError where they are none, or hold more than is known here. */
export function readRecord<T>(reader: Reader<T>, bytes: Bytes): T {
  if (bytes.length > RECORD_LIMIT) throw new UnreadableError("size");
  let value: Plain;
  try {
    value = readCanonical(bytes);
  } catch (failure) {
    if (failure instanceof NotCanonicalError) throw new UnreadableError("JSON");
    throw failure;
  }
  return reader(value, "");
}
