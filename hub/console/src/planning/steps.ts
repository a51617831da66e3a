// SPDX-License-Identifier: EUPL-1.2
// The steps of a plan, in the order in which people usually take them; any order will do. Which of them is filled in,
// and which one a finding is about.
import type { Finding, PlanBody, PlanField } from "./types";

const A_MINUTE_US = 60_000_000; // what was typed a moment ago is now

export const STEPS = ["ground", "area", "posts", "window", "settings", "team", "check"] as const;
export type Step = (typeof STEPS)[number];

const fields: Record<Exclude<Step, "check">, readonly (PlanField | "title")[]> = {
  ground: ["title", "regime", "designation", "consultation", "necessity", "alternatives", "expected_people", "urgent"],
  area: ["area", "entries"],
  posts: ["posts", "max_units", "floor_px_per_m", "ceiling_px_per_m"],
  window: ["windows", "overrun"],
  settings: ["recording", "recording_reason", "prebuffer_s", "on_link_loss", "retention_h", "offline_grace_s"],
  team: ["team"],
};

/** `posts.2` is about posts; what is about the plan as a whole is said at the check. */
export function stepOf(field: string | null): Step {
  const head = (field ?? "").split(/[.[]/)[0] as PlanField | "title";
  const found = (Object.keys(fields) as (keyof typeof fields)[]).find((step) => fields[step].includes(head));
  return found ?? "check";
}

/** Not wrong, only not filled in yet. */
export function stillOpen(finding: Finding): boolean {
  return finding.kind === "plan-incomplete";
}

function said(text: string | null | undefined): boolean {
  return (text ?? "").trim() !== "";
}

/** Whether a step has what every plan must have; whether it is right is for the hub to say. */
export function filled(step: Step, body: PlanBody): boolean {
  switch (step) {
    case "ground":
      return said(body.regime) && said(body.designation) && said(body.necessity);
    case "area":
      return (body.area?.length ?? 0) >= 3 && (body.entries?.length ?? 0) > 0;
    case "posts":
      return (body.posts?.length ?? 0) > 0;
    case "window":
      return (body.windows?.length ?? 0) > 0;
    case "settings":
      return said(body.recording) && said(body.on_link_loss) && (body.recording === "none" || said(body.recording_reason));
    case "team":
      return (body.team?.operators.length ?? 0) >= 2;
    case "check":
      return false;
  }
}

export function findingsOf(step: Step, findings: readonly Finding[]): Finding[] {
  return findings.filter((one) => stepOf(one.field) === step);
}

/** Windows that begin in the past, or end before they begin: the hub says nothing of the first, for filming can still begin. */
export function oddWindows(windows: PlanBody["windows"], nowUs: number): boolean {
  return (windows ?? []).some(({ from_us, to_us }) => (from_us ?? nowUs) < nowUs - A_MINUTE_US || to_us <= (from_us ?? nowUs));
}

/** The first step that is not done, to go on with. */
export function firstOpen(body: PlanBody, findings: readonly Finding[]): Step {
  const open = STEPS.find((step) => !filled(step, body) || findingsOf(step, findings).some((one) => one.severity === "refuse"));
  return open ?? "check";
}

/** `posts.2` is the third post. */
export function postAt(field: string | null, body: PlanBody): string | null {
  const index = /^posts[.[](\d+)/.exec(field ?? "")?.[1];
  return index === undefined ? null : (body.posts?.[Number(index)]?.post ?? null);
}
