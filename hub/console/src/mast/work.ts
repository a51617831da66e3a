// SPDX-License-Identifier: EUPL-1.2
// Where somebody may hang a unit: posts of decided deployments whose team has their key, and what stands there.
import { readDecision, type Decision, type Post } from "../approving/decision";
import type { AssignmentView, DeploymentView } from "../hub/types";
import { fromBase64, toBase64 } from "../people/canonical";
import type { Bytes } from "../replay/sealed";
import { UnreadableError } from "../signing/fields";

export interface Work {
  id: string;
  number: string;
  title: string;
  decision: Decision;
  posts: readonly Post[];
  assignments: readonly AssignmentView[];
}

/** The decision that stands; a draft of a newer one waits beside it. Null where nothing stands or it cannot be read whole. */
export function standingOf(deployment: DeploymentView): Decision | null {
  const stands = [deployment.decision, deployment.previous].find((one) => one != null && one.log_index !== null);
  if (!stands) return null;
  try {
    const decision = readDecision(fromBase64(stands.body));
    return decision.deployment === deployment.id ? decision : null;
  } catch (failure) {
    if (failure instanceof UnreadableError) return null;
    throw failure;
  }
}

/** What is decided and not over, and in whose team this key is. */
export function workOf(deployments: readonly DeploymentView[], key: Bytes | null): Work[] {
  const own = key === null ? null : toBase64(key);
  return deployments.flatMap((one) => {
    if (one.state !== "decided" && one.state !== "open") return [];
    const decision = standingOf(one);
    if (decision === null || own === null) return [];
    if (![...decision.team.operators, ...decision.team.installers].includes(own)) return [];
    return [{ id: one.id, number: decision.number, title: one.title, decision, posts: decision.posts, assignments: one.assignments }];
  });
}

function newest(found: readonly AssignmentView[]): AssignmentView | null {
  return found.reduce<AssignmentView | null>((best, one) => (best === null || one.serial > best.serial ? one : best), null);
}

/** The unit that stands at a post, by the newest placement that two people signed. */
export function placedAt(work: Pick<Work, "assignments">, post: string): AssignmentView | null {
  return newest(work.assignments.filter((one) => one.post === post && one.setup === null && one.log_index !== null));
}

/** Where a unit stands, and whether a window is open there now. */
export interface Standing {
  number: string;
  films: boolean;
}

/** By unit, the deployment that is not over and at a post of which it stands; one whose window is open goes before. */
export function standingNow(deployments: readonly DeploymentView[]): Map<string, Standing> {
  const found = new Map<string, Standing>();
  const ordered = [...deployments].sort((a, b) => Number(a.state === "open") - Number(b.state === "open"));
  for (const one of ordered) {
    if (one.state !== "decided" && one.state !== "open") continue;
    for (const post of new Set(one.assignments.map((assignment) => assignment.post))) {
      const placed = placedAt(one, post);
      if (placed !== null) found.set(placed.unit, { number: one.number, films: one.state === "open" });
    }
  }
  return found;
}

/** The serial of the newest placement, or aiming, at a post that two people signed; 0 where there is none. */
export function newestSerial(work: Pick<Work, "assignments">, post: string, aiming: boolean): number {
  const held = work.assignments.filter((one) => one.post === post && one.log_index !== null && (one.setup !== null) === aiming);
  return newest(held)?.serial ?? 0;
}

/** The newest placement, or aiming, of this unit at this post, signed by two people or not yet. */
export function askedFor(work: Pick<Work, "assignments">, post: string, unit: string, aiming: boolean): AssignmentView | null {
  return newest(work.assignments.filter((one) => one.post === post && one.unit === unit && (one.setup !== null) === aiming));
}
