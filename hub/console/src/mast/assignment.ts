// SPDX-License-Identifier: EUPL-1.2
// An assignment as its exact bytes say it (contract/mandate.py), and whether it is the one that is shown: this unit, by
// the key that is listed of it, at that post as the decision has it.
import type { Post } from "../approving/decision";
import { canonicalBytes, sha256 } from "../people/canonical";
import { digest, leftOut, listOf, name, record, serial, span, UnreadableError, uuid, type Read, type Reader } from "../signing/fields";
import { openedAs, type Opened } from "../signing/record";
import { isNow, OtherThanShownError, requireShown, type Clocks } from "../signing/shown";

/** Masks and zones are not shown on this page: where there are any, it signs nothing. */
const noMask: Reader<never> = (_, where) => {
  throw new UnreadableError(where);
};

const assignment = record({
  deployment: uuid,
  serial,
  post: name,
  post_digest: digest,
  unit: name,
  unit_key: digest,
  epoch: serial,
  camera: name,
  masks: listOf(noMask, 0, 0),
  masks_digest: digest,
  zones: listOf(noMask, 0, 0),
  setup: leftOut(span),
});
export type Assignment = Read<typeof assignment>;
export type OpenAssignment = Opened<"assignment", Assignment>;

export const AIMED_AT_MOST_US = 15 * 60_000_000;

/** The assignment in these bytes (base64). Raises UnreadableError where this page cannot show all of it. */
export function openAssignment(body: string): Promise<OpenAssignment> {
  return openedAs("assignment", assignment, body);
}

/** A unit as the hub lists it. */
export interface Listed {
  unit: string;
  camera: string;
  fingerprint: string;
  epoch: number;
}

/** What is shown: which unit, at which post of which deployment, after which assignment there, to film or to be aimed. */
export interface Placing {
  deployment: string;
  post: Post;
  unit: Listed;
  /** the serial of the newest that holds at this post, 0 where there is none */
  after: number;
  aims: boolean;
}

/** Raises OtherThanShownError where it is another assignment than is shown. */
export async function requirePlacing(says: Assignment, { deployment, post, unit, after, aims }: Placing): Promise<void> {
  requireShown(says, {
    deployment,
    serial: after + 1,
    post: post.post,
    post_digest: await sha256(canonicalBytes(post)),
    unit: unit.unit,
    unit_key: unit.fingerprint,
    epoch: unit.epoch,
    camera: unit.camera,
    masks: [],
    masks_digest: await sha256(canonicalBytes([])),
    zones: [],
    setup: (setup) => (setup !== null) === aims && (setup === null || isShort(setup)),
  });
}

function isShort({ from_us, to_us }: NonNullable<Assignment["setup"]>): boolean {
  return from_us < to_us && to_us - from_us <= AIMED_AT_MOST_US;
}

/** Raises OtherThanShownError where it is to be aimed at another time than now, ClocksApartError where that is unknown. */
export function requireNow({ setup }: Assignment, now: Clocks): void {
  if (setup !== null && !isNow(setup.from_us, setup.to_us, now)) throw new OtherThanShownError("setup");
}
