// SPDX-License-Identifier: EUPL-1.2
// What one person may do while it films: prolong a window, or say that it is still necessary, under their signature; and
// stop it. What is signed is what was shown of the window, and nothing else (contract/running.py).
import { commitment } from "../people/canonical";
import { signRecord } from "../people/signing";
import { digest, micros, record, serial, text, uuid, whole } from "../signing/fields";
import { openedAs } from "../signing/record";
import { clocks, isNow, requireShown } from "../signing/shown";
import { ask } from "./api";
import type { Filming, RecordView, Session } from "./types";

const OVERRUNS_LIMIT = 4; // of one window

const overrun = record({
  deployment: uuid,
  serial,
  window_from_us: micros,
  nth: whole(1, OVERRUNS_LIMIT),
  until_us: micros,
  reason_digest: digest,
});
const salt = text(/^([0-9a-f]{2}){16,32}$/);
const necessity = record({ deployment: uuid, serial, confirmed_at_us: micros });

/** @schema OverrunDraft */
export interface OverrunDraft extends RecordView {
  /** hexadecimal: with it one finds one's own reason in what one signs */
  reason_salt: string;
}

/** `filming` as it was on the screen when it was asked for. */
export async function prolong(filming: Filming, reason: string, session: Session): Promise<void> {
  const { deployment } = filming;
  const draft = await ask<OverrunDraft>("POST", `/v1/deployments/${deployment}/overruns`, { reason });
  const opened = await openedAs("overrun", overrun, draft.body);
  requireShown(opened.says, {
    deployment,
    serial: filming.serial,
    window_from_us: filming.from_us,
    nth: filming.overrun.taken + 1,
    until_us: (until) => until === filming.overrun.next_us,
    reason_digest: await commitment(reason, salt(draft.reason_salt, "reason_salt")),
  });
  const signature = await signRecord(session.name, "overrun", opened);
  await ask("POST", `/v1/overruns/${opened.digest}/signatures`, { signature });
}

export async function stop(deployment: string, reason: string): Promise<void> {
  await ask("POST", `/v1/deployments/${deployment}/stop`, { reason });
}

/** R06: an approver's word, which counts for 24 hours. `nowUs` is the hub's time. */
export async function confirmNecessity(filming: Filming, session: Session, nowUs: number): Promise<void> {
  const { deployment } = filming;
  const draft = await ask<RecordView>("POST", `/v1/deployments/${deployment}/necessity`, {});
  const opened = await openedAs("necessity", necessity, draft.body);
  const now = clocks(nowUs);
  requireShown(opened.says, { deployment, serial: filming.serial, confirmed_at_us: (moment) => isNow(moment, moment, now) });
  const signature = await signRecord(session.name, "necessity", opened);
  await ask("POST", `/v1/necessities/${opened.digest}/signatures`, { signature });
}
