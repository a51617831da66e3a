// SPDX-License-Identifier: EUPL-1.2
// What the hub says of deployments and their decisions, as far as approving needs it.
import { ask } from "../hub/api";
import type { DeploymentPage, DeploymentView } from "../hub/types";
import type { SignatureBody } from "../people/keys";

/** Whether a decision of it waits for signatures. */
export function waits(deployment: DeploymentView): boolean {
  return deployment.decision !== null && deployment.decision.log_index === null;
}

export const decisions = {
  all: () => ask<DeploymentView[]>("GET", "/v1/deployments"),
  one: (id: string) => ask<DeploymentPage>("GET", `/v1/deployments/${encodeURIComponent(id)}`),
  sign: (id: string, signature: SignatureBody) =>
    ask<DeploymentView>("POST", `/v1/deployments/${encodeURIComponent(id)}/decision/signatures`, { signature }),
  sendBack: (id: string, reason: string) =>
    ask<DeploymentView>("POST", `/v1/deployments/${encodeURIComponent(id)}/decision/refusal`, { reason }),
};
