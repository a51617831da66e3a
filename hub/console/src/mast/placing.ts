// SPDX-License-Identifier: EUPL-1.2
// Somebody at a mast asks for a placement or a test picture, and signs it where it is what they asked for.
import type { Post } from "../approving/decision";
import { hub } from "../hub/api";
import type { Session } from "../hub/types";
import { signRecord } from "../people/signing";
import { clocks, OtherThanShownError } from "../signing/shown";
import { labelGroups } from "../units/label-groups";
import { mast } from "./api";
import { openAssignment, requireNow, requirePlacing } from "./assignment";
import type { Job } from "./kept";
import { newestSerial, type Work } from "./work";

export interface Asked {
  work: Work;
  post: Post;
  job: Job;
  /** for aiming alone, so long; null to film there */
  minutes: number | null;
}

export async function placeAndSign(session: Session, { work, post, job, minutes }: Asked, nowUs: number): Promise<void> {
  const { unit, camera, groups } = job;
  if (unit === null || camera === null) return;
  const draft = await mast.assign(work.id, post.post, unit, camera, minutes);
  if (draft.log_index !== null) return; // it holds already
  const listed = (await hub.units()).find((one) => one.unit === unit);
  if (listed === undefined) throw new OtherThanShownError("unit");
  const record = await openAssignment(draft.body);
  const aims = minutes !== null;
  await requirePlacing(record.says, { deployment: work.id, post, unit: { ...listed, camera }, after: newestSerial(work, post.post, aims), aims });
  if (groups !== null && labelGroups(record.says.unit_key).join() !== groups.join()) throw new OtherThanShownError("unit_key");
  requireNow(record.says, clocks(nowUs));
  await mast.sign(record.digest, await signRecord(session.name, "assignment", record));
}
