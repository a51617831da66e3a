// SPDX-License-Identifier: EUPL-1.2
// Plans and deployments as one list: a deployment is shown by its newest plan, and without one by itself.
import type { DeploymentView } from "../hub/types";
import type { PlanSummary } from "./types";

export type RowState = "editing" | "sent-back" | "submitted" | "decided" | "open" | "over";

export interface Row {
  key: string;
  plan: PlanSummary | null;
  deployment: DeploymentView | null;
  number: string | null;
  title: string;
  state: RowState;
  signed: number;
  urgent: boolean;
  atUs: number;
}

/** Where the next thing is done; null where nothing is to be done any more. */
export function nextPath(row: Row): string | null {
  if (row.state === "submitted") return row.deployment === null ? null : `/decisions/${row.deployment.id}`;
  if (row.state === "decided") return "/assignments";
  if (row.state === "open") return "/wall";
  return row.plan === null || row.state === "over" ? null : `/plans/${row.plan.id}`;
}

const order: readonly RowState[] = ["sent-back", "editing", "open", "submitted", "decided", "over"];

function stateOf(plan: PlanSummary | null, deployment: DeploymentView | null): RowState {
  if (plan !== null && plan.state === "editing") return deployment?.sent_back ? "sent-back" : "editing";
  if (deployment === null || deployment.state === "draft") return "submitted";
  return deployment.state;
}

export function rowsOf(plans: readonly PlanSummary[], deployments: readonly DeploymentView[]): Row[] {
  const of = (plan: PlanSummary): DeploymentView | null => deployments.find((one) => one.id === plan.deployment) ?? null;
  const planned = plans.map((plan): Row => {
    const deployment = of(plan);
    return {
      key: plan.id,
      plan,
      deployment,
      number: plan.number ?? deployment?.number ?? null,
      title: plan.title,
      state: stateOf(plan, deployment),
      signed: deployment?.signatures.length ?? 0,
      urgent: Boolean(deployment?.urgent),
      atUs: plan.changed_at_us,
    };
  });
  const alone = deployments
    .filter((one) => !plans.some((plan) => plan.deployment === one.id))
    .map(
      (deployment): Row => ({
        key: deployment.id,
        plan: null,
        deployment,
        number: deployment.number,
        title: deployment.title,
        state: stateOf(null, deployment),
        signed: deployment.signatures.length,
        urgent: deployment.urgent !== null,
        atUs: deployment.created_at_us,
      }),
    );
  return [...planned, ...alone].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.atUs - a.atUs);
}
