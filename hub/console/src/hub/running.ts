// SPDX-License-Identifier: EUPL-1.2
// What one person may do while it films: prolong a window, or say that it is still necessary, under their signature; and
// stop it.
import { signRecord } from "../people/signing";
import { ask } from "./api";
import type { Session } from "./types";

interface Draft {
  type: string;
  digest: string;
  /** base64 of the exact bytes */
  body: string;
}

export async function prolong(deployment: string, reason: string, session: Session): Promise<void> {
  const draft = await ask<Draft>("POST", `/v1/deployments/${deployment}/overruns`, { reason });
  const signature = await signRecord(session.name, draft.type, draft.body);
  await ask("POST", `/v1/overruns/${draft.digest}/signatures`, { signature });
}

export async function stop(deployment: string, reason: string): Promise<void> {
  await ask("POST", `/v1/deployments/${deployment}/stop`, { reason });
}

/** R06: an approver's word, which counts for 24 hours. */
export async function confirmNecessity(deployment: string, session: Session): Promise<void> {
  const draft = await ask<Draft>("POST", `/v1/deployments/${deployment}/necessity`, {});
  const signature = await signRecord(session.name, draft.type, draft.body);
  await ask("POST", `/v1/necessities/${draft.digest}/signatures`, { signature });
}
