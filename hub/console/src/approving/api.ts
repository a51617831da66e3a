// SPDX-License-Identifier: EUPL-1.2
// What the hub says of deployments and their decisions, as far as approving needs it.
import { ask } from "../hub/api";
import type { SignatureBody } from "../people/keys";

export interface RecordView {
  type: string;
  digest: string;
  /** base64 of the exact bytes */
  body: string;
  signed_by: string[];
  log_index: number | null;
}

export interface DeploymentView {
  id: string;
  number: string;
  title: string;
  state: "draft" | "decided" | "open" | "over";
  created_by: string;
  created_at_us: number;
  urgent: { mandate_holder: string; reason: string } | null;
  /** what waits for signatures, else what stands; null where the only draft was sent back */
  decision: RecordView | null;
  /** what stands while a newer one waits */
  previous: RecordView | null;
  signatures: { slot: string; name: string; at_us: number }[];
  sent_back: { by: string; reason: string; at_us: number } | null;
}

/** Whether a decision of it waits for signatures. */
export function waits(deployment: DeploymentView): boolean {
  return deployment.decision !== null && deployment.decision.log_index === null;
}

export const decisions = {
  all: () => ask<DeploymentView[]>("GET", "/v1/deployments"),
  one: (id: string) => ask<DeploymentView>("GET", `/v1/deployments/${encodeURIComponent(id)}`),
  sign: (id: string, signature: SignatureBody) =>
    ask<DeploymentView>("POST", `/v1/deployments/${encodeURIComponent(id)}/decision/signatures`, { signature }),
  sendBack: (id: string, reason: string) =>
    ask<DeploymentView>("POST", `/v1/deployments/${encodeURIComponent(id)}/decision/refusal`, { reason }),
};
