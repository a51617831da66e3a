// SPDX-License-Identifier: EUPL-1.2
// What the planning screens ask of the hub.
import { ask } from "../hub/api";
import type { Approver, DeploymentView, TeamPerson } from "../hub/types";
import type { Coverage } from "./coverage";
import type { Delegation, Designation, Finding, Plan, PlanBody, PlanSummary, PlanVersion, Regime, RegimeName } from "./types";

const CHECKS_WITHIN_MS = 15_000; // coverage of many cameras takes seconds

const at = (plan: string): string => `/v1/plans/${encodeURIComponent(plan)}`;

/** @schema ChecksView */
export interface Checked {
  findings: Finding[];
  coverage: Coverage | null;
}

export const planning = {
  plans: () => ask<PlanSummary[]>("GET", "/v1/plans"),
  create: (title: string, regime: RegimeName) => ask<Plan>("POST", "/v1/plans", { title, regime }),
  plan: (plan: string) => ask<Plan>("GET", at(plan)),
  save: (plan: string, baseVersion: number, title: string, body: PlanBody) =>
    ask<Plan>("PUT", at(plan), { base_version: baseVersion, title, body }),
  versions: (plan: string) => ask<PlanVersion[]>("GET", `${at(plan)}/versions`),
  version: (plan: string, version: number) => ask<Plan>("GET", `${at(plan)}/versions/${version}`),
  check: (plan: string) => ask<Checked>("POST", `${at(plan)}/checks`, undefined, { withinMs: CHECKS_WITHIN_MS }),
  submit: (plan: string) => ask<DeploymentView>("POST", `${at(plan)}/submission`, {}, { withinMs: CHECKS_WITHIN_MS }),
  revise: (deployment: string) => ask<Plan>("POST", `/v1/deployments/${encodeURIComponent(deployment)}/plans`, {}),
  deployments: () => ask<DeploymentView[]>("GET", "/v1/deployments"),
  deployment: (deployment: string) => ask<DeploymentView>("GET", `/v1/deployments/${encodeURIComponent(deployment)}`),
  regimes: () => ask<Regime[]>("GET", "/v1/regimes"),
  designations: () => ask<Designation[]>("GET", "/v1/designations"),
  delegations: () => ask<Delegation[]>("GET", "/v1/delegations"),
  approvers: () => ask<Approver[]>("GET", "/v1/approvers"),
  people: () => ask<TeamPerson[]>("GET", "/v1/people"),
};
