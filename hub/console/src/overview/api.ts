// SPDX-License-Identifier: EUPL-1.2
// What waits for who is signed in, as the hub says it.
import { ask } from "../hub/api";

export type TaskKind = "sign-decision" | "place-cameras" | "confirm-assignment" | "confirm-aiming" | "confirm-unit" | "duty" | "sign-missing" | "confirm-necessity" | "plan-returned";

/** @schema TaskView */
export interface Task {
  kind: TaskKind;
  deployment: string | null;
  number: string | null;
  title: string;
  /** where it is done */
  link: string;
  /** the post, unit, duty or entrance that it is about; a reason where it came back */
  what: string | null;
  /** who did their part already */
  who: string | null;
  who_at_us: number | null;
  since_us: number;
  due_us: number | null;
}

export const tasks = (): Promise<Task[]> => ask<Task[]>("GET", "/v1/tasks");
