// SPDX-License-Identifier: EUPL-1.2
// Where somebody may hang a unit: posts of decided deployments whose team has their key, and what stands there.
import { readDecision, UnreadableError, type Decision, type Post } from "../approving/decision";
import { fromBase64, toBase64 } from "../people/canonical";
import type { Bytes } from "../replay/sealed";
import type { AssignmentView, DeploymentView } from "./api";

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
    return readDecision(fromBase64(stands.body));
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
    return [{ id: one.id, number: one.number, title: one.title, decision, posts: decision.posts, assignments: one.assignments }];
  });
}

function newest(found: readonly AssignmentView[]): AssignmentView | null {
  return found.reduce<AssignmentView | null>((best, one) => (best === null || one.serial > best.serial ? one : best), null);
}

/** The unit that stands at a post, by the newest placement that two people signed. */
export function placedAt(work: Pick<Work, "assignments">, post: string): AssignmentView | null {
  return newest(work.assignments.filter((one) => one.post === post && one.setup === null && one.log_index !== null));
}

/** The newest placement, or aiming, of this unit at this post, signed by two people or not yet. */
export function askedFor(work: Pick<Work, "assignments">, post: string, unit: string, aiming: boolean): AssignmentView | null {
  return newest(work.assignments.filter((one) => one.post === post && one.unit === unit && (one.setup !== null) === aiming));
}
