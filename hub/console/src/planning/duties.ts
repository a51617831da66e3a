// SPDX-License-Identifier: EUPL-1.2
// What an urgent deployment owes within a day, what is to be given for each, and the newer decision's plan that says
// where the cameras really hang. The hub judges whether a thing was done; here it is asked for.
import { isUnreadable, opened } from "../approving/record";
import type { Post } from "../approving/decision";
import { ask } from "../hub/api";
import type { DeploymentView, Duty, TeamPerson } from "../hub/types";
import { planning } from "./api";
import { CEILING_PX_PER_M } from "./desk";
import type { Kind } from "./duty-names";
import { wholePost } from "./posts";
import type { Designation, Plan, PlanBody, PlanSummary } from "./types";

/** A deployment, the plan that was submitted for it last, and what else is needed to finish its duties. */
export interface Scene {
  owing: DeploymentView;
  plan: Plan | null;
  /** a plan for a newer decision, that somebody is writing */
  revision: PlanSummary | null;
  designation: Designation | null;
  people: TeamPerson[];
}

const at = (deployment: string): string => `/v1/deployments/${encodeURIComponent(deployment)}`;

export const NOTE_LIMIT = 500;
const PUBLICATION = /^[a-z]{2,6}-[0-9]{4}-[0-9]{1,7}$/;

export async function sceneOf(deployment: string): Promise<Scene> {
  const [owing, designations, people, plans] = await Promise.all([
    ask<DeploymentView>("GET", at(deployment)),
    planning.designations(),
    planning.people(),
    planning.plans(),
  ]);
  const plan = owing.plan === null ? null : await planning.plan(owing.plan);
  return {
    owing,
    plan,
    revision: plans.find((one) => one.deployment === deployment && one.state === "editing" && one.id !== plan?.id) ?? null,
    designation: designations.find((one) => one.id === plan?.body.designation) ?? null,
    people,
  };
}

export type Standing = "open" | "late" | "done" | "done-late";

export function standingOf({ due_us, done_at_us }: Duty, nowUs: number): Standing {
  if (done_at_us === null) return nowUs < due_us ? "open" : "late";
  return done_at_us < due_us ? "done" : "done-late";
}

/** A publication's number as the hub takes it, however it was typed; null where it is none. */
export function publicationOf(typed: string): string | null {
  const tidy = typed.trim().toLowerCase().replace(/[\s,./-]+/g, "-");
  return PUBLICATION.test(tidy) ? tidy : null;
}

export function fulfil(deployment: string, duty: string, note: string): Promise<DeploymentView> {
  return ask<DeploymentView>("POST", `${at(deployment)}/duties/${encodeURIComponent(duty)}`, { note });
}

export function publish(designation: string, publication: string): Promise<Designation> {
  return ask<Designation>("PUT", `/v1/designations/${encodeURIComponent(designation)}/publication`, { publication });
}

/** The body of the newer decision's plan: the posts as they were signed, to be moved, and what was noted since. */
export function revised(body: PlanBody, posts: readonly Post[], owed: readonly Duty[]): PlanBody {
  const noted = (duty: Kind): string | null => owed.find((one) => one.duty === duty && one.done_at_us !== null)?.note ?? null;
  const consultation = body.consultation || noted("consultation")?.slice(0, 150);
  const alternatives = body.alternatives || noted("alternatives");
  return {
    ...body,
    posts: body.posts?.length ? body.posts : posts.map(({ area, ...post }) => ({ ...wholePost(post, area, CEILING_PX_PER_M), area: [] })),
    ...(consultation ? { consultation } : {}),
    ...(alternatives ? { alternatives } : {}),
  };
}

/** Begin the plan of a newer decision, with its posts in it; gives its id. */
export async function revise(owing: DeploymentView): Promise<string> {
  const made = await planning.revise(owing.id);
  const stands = owing.previous ?? owing.decision;
  const read = stands === null ? null : await opened(stands, owing.id);
  const posts = read === null || isUnreadable(read) ? [] : read.decision.posts;
  await planning.save(made.id, made.version, made.title, revised(made.body, posts, owing.duties));
  return made.id;
}
