// SPDX-License-Identifier: EUPL-1.2
// A decision as its exact bytes say it (contract/mandate.py): known fields only, each of its type and within its bounds.
// What this does not know it does not read, so that nobody signs what they were not shown.
import { NotCanonicalError, readCanonical, type Plain } from "../people/canonical";
import type { Bytes } from "../replay/sealed";

/** The bytes are no decision that this page can show whole: `where` says at which field. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
  constructor(readonly where: string) {
    super(where);
  }
}

type Reader<T> = (value: Plain | undefined, where: string) => T;
type Read<R> = R extends Reader<infer T> ? T : never;

function whole(low: number, high: number): Reader<number> {
  return (value, where) => {
    if (typeof value !== "number" || value < low || value > high) throw new UnreadableError(where);
    return value;
  };
}

function text(pattern: RegExp): Reader<string> {
  return (value, where) => {
    if (typeof value !== "string" || !pattern.test(value)) throw new UnreadableError(where);
    return value;
  };
}

function oneOf<const T extends string>(...known: readonly T[]): Reader<T> {
  return (value, where) => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw new UnreadableError(where);
    return found;
  };
}

const yesOrNo: Reader<boolean> = (value, where) => {
  if (typeof value !== "boolean") throw new UnreadableError(where);
  return value;
};

function listOf<T>(item: Reader<T>, low: number, high: number): Reader<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length < low || value.length > high) throw new UnreadableError(where);
    return value.map((one: Plain, n) => item(one, `${where}[${n}]`));
  };
}

function record<F extends Record<string, Reader<unknown>>>(fields: F): Reader<{ [K in keyof F]: Read<F[K]> }> {
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

const INTEGER_LIMIT = Number.MAX_SAFE_INTEGER;
const RETENTION_CEILING_H = 672; // Gemeentewet 151c(9)
const words = text(/^[^]{1,500}$/u);
const micros = whole(0, INTEGER_LIMIT);
const key = text(/^[A-Za-z0-9+/]{43,267}={0,2}$/);

const position = record({ lat_e7: whole(-900_000_000, 900_000_000), lon_e7: whole(-1_800_000_000, 1_800_000_000) });
const view = record({
  azimuth_mdeg: whole(0, 359_999),
  tilt_mdeg: whole(-90_000, 90_000),
  hfov_mdeg: whole(1_000, 180_000),
  height_mm: whole(0, 100_000),
});
const post = record({
  post: text(/^[a-z0-9-]{1,32}$/),
  name: words,
  position,
  area: listOf(position, 3, 64),
  view,
  ceiling_px_per_m: whole(1, 1500),
});

/** One reader a record, by its name in the contract. */
export const readers = {
  Position: position,
  View: view,
  Post: post,
  Window: record({ from_us: micros, to_us: micros }),
  Overrun: record({ times: whole(0, 4), minutes: whole(0, 60) }),
  Team: record({ operators: listOf(key, 2, 16), installers: listOf(key, 0, 16) }),
};

const fields = {
  deployment: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  number: text(/^[0-9]{4}-[0-9]{3,5}$/),
  serial: whole(1, 2 ** 31),
  regime: oneOf("G151C", "PW3", "COUNT"),
  designation: words,
  delegation: words,
  necessity: words,
  area: listOf(position, 3, 64),
  posts: listOf(post, 1, 32),
  windows: listOf(readers.Window, 1, 32),
  overrun: readers.Overrun,
  recording: oneOf("none", "on_reason", "continuous"),
  prebuffer_s: whole(0, 120),
  on_link_loss: oneOf("record", "stop"),
  team: readers.Team,
  live: oneOf("clear", "masked"),
  retention_h: whole(1, RETENTION_CEILING_H),
  upload: oneOf("live", "deferred", "on_demand"),
  offline_grace_s: whole(0, 12 * 3600),
  max_units: whole(1, 64),
  decided_at_us: micros,
  demo: yesOrNo,
};
export const decisionFields: readonly string[] = Object.keys(fields);

const decision = record(fields);
export type Decision = Read<typeof decision>;
export type Position = Read<typeof position>;
export type Post = Read<typeof post>;

/** The decision in these bytes. Raises UnreadableError where they are none, or hold more than is known here. */
export function readDecision(bytes: Bytes): Decision {
  let value: Plain;
  try {
    value = readCanonical(bytes);
  } catch (failure) {
    if (failure instanceof NotCanonicalError) throw new UnreadableError("JSON");
    throw failure;
  }
  return decision(value, "");
}
