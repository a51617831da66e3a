// SPDX-License-Identifier: EUPL-1.2
// A decision as its exact bytes say it (contract/mandate.py).
import type { Bytes } from "../replay/sealed";
import { listOf, micros, name, oneOf, readRecord, record, serial, span, text, uuid, whole, yesOrNo, type Read } from "../signing/fields";

const RETENTION_CEILING_H = 672; // Gemeentewet 151c(9)
const words = text(/^[^]{1,500}$/u);
const key = text(/^[A-Za-z0-9+/]{43,267}={0,2}$/);

const position = record({ lat_e7: whole(-900_000_000, 900_000_000), lon_e7: whole(-1_800_000_000, 1_800_000_000) });
const view = record({
  azimuth_mdeg: whole(0, 359_999),
  tilt_mdeg: whole(-90_000, 90_000),
  hfov_mdeg: whole(1_000, 180_000),
  height_mm: whole(0, 100_000),
});
const post = record({
  post: name,
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
  Window: span,
  Overrun: record({ times: whole(0, 4), minutes: whole(0, 60) }),
  Team: record({ operators: listOf(key, 2, 16), installers: listOf(key, 0, 16) }),
};

const fields = {
  deployment: uuid,
  number: text(/^[0-9]{4}-[0-9]{3,5}$/),
  serial,
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

export const decision = record(fields);
export type Decision = Read<typeof decision>;
export type Position = Read<typeof position>;
export type Post = Read<typeof post>;

/** The decision in these bytes. Raises UnreadableError where they are none, or hold more than is known here. */
export function readDecision(bytes: Bytes): Decision {
  return readRecord(decision, bytes);
}
