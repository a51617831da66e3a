// SPDX-License-Identifier: EUPL-1.2
// A plan as it lies open: what it says, what one may change it with, and what is known around it. Every part of the
// screen is given this one thing.
import type { DeploymentView, TeamPerson } from "../hub/types";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { HubUnreachableError, type RefusedError } from "../hub/api";
import { useAsked } from "../hub/asking";
import type { Thing } from "../hub/changes";
import { remember, remembered } from "../theme/remembered";
import { planning, type Checked } from "./api";
import type { Counting } from "./counting";
import { Saver, type Editing } from "./saving";
import type { Town } from "./town";
import type { Designation, Finding, Plan, PlanBody, Regime } from "./types";

export const FLOOR_PX_PER_M = 40; // Outline; the municipality's policy where a plan says nothing
export const CEILING_PX_PER_M = 250; // Characterize

export interface Known {
  regimes: readonly Regime[];
  designations: readonly Designation[];
  people: readonly TeamPerson[];
}

export interface Desk {
  plan: Plan;
  title: string;
  body: PlanBody;
  /** submitted or decided: to be read */
  locked: boolean;
  edit: (part: Partial<PlanBody>, what: string) => void;
  editTitle: (title: string) => void;
  known: Known;
  town: Town;
  findings: readonly Finding[];
  counting: Counting;
  floor: number;
  ceiling: number;
  /** the post that keys and numbers act on */
  selected: string | null;
  select: (post: string | null) => void;
  nowUs: number;
}

const cupboard = { read: remembered, write: remember };

export function useSaver(plan: Plan, account: string, onSignedOut: () => void): { saver: Saver; editing: Editing } {
  const make = (): Saver =>
    new Saver(plan, {
      hub: planning,
      cupboard,
      account,
      onSignedOut,
      nowMs: () => performance.now(),
      after: (ms, run) => window.setTimeout(run, ms),
      cancel: (timer) => window.clearTimeout(timer),
    });
  const [saver, setSaver] = useState(make);
  useEffect(() => {
    // Mounted twice in development: the first one was ended.
    const live = saver.ended() ? make() : saver;
    if (live !== saver) setSaver(live);
    return () => live.end();
  }, [saver]);
  const editing = useSyncExternalStore(
    useCallback((listener) => saver.subscribe(listener), [saver]),
    () => saver.now(),
  );
  return { saver, editing };
}

const NOTHING_TELLS: readonly Thing[] = [];
const NOTHING: Known = { regimes: [], designations: [], people: [] };

export interface KnownState {
  known: Known;
  failed: boolean;
  ready: boolean;
}

async function groundOfPlans(): Promise<Known> {
  const [regimes, designations, people] = await Promise.all([planning.regimes(), planning.designations(), planning.people()]);
  return { regimes, designations, people };
}

/** What plans stand on: asked until it is answered, for it changes by the month. */
export function useKnown(onSignedOut: () => void): KnownState {
  const { answer, offline, refused } = useAsked(groundOfPlans, ["people"], onSignedOut, "until-answered");
  const failed = answer === null && (offline || refused !== null);
  return { known: answer ?? NOTHING, failed, ready: answer !== null || failed };
}

export interface Checks {
  checked: Checked | null;
  /** the hub has looked at this very version */
  fresh: boolean;
  /** why it has not yet; it is asked again by itself */
  failure: HubUnreachableError | RefusedError | null;
  /** asks now */
  again: () => void;
}

/** What the hub says of the newest version that it has, asked until it is answered. */
export function useChecks(plan: Plan, saved: boolean, language: string, onSignedOut: () => void): Checks {
  const { id, version } = plan;
  const of = `${id} ${version} ${language}`;
  const due = saved && plan.state === "editing";
  const question = useMemo(() => (due ? async () => ({ of, checked: await planning.check(id) }) : null), [due, of, id]);
  const { answer, offline, refused, refresh } = useAsked(question, NOTHING_TELLS, onSignedOut, "until-answered");
  const fresh = saved && answer?.of === of;
  const failure = offline ? new HubUnreachableError(of) : refused;
  return { checked: answer?.checked ?? null, fresh, failure: fresh ? null : failure, again: refresh };
}

/** What came back from those who sign, while the plan can be changed again. */
export function useSentBack({ deployment, state }: Plan, onSignedOut: () => void): DeploymentView["sent_back"] {
  const question = useMemo(() => (deployment === null || state !== "editing" ? null : () => planning.deployment(deployment)), [deployment, state]);
  const { answer } = useAsked(question, ["deployments"], onSignedOut, "until-answered");
  return question === null ? null : (answer?.sent_back ?? null);
}

export function useNamed(people: readonly TeamPerson[]): (account: string) => string {
  return useMemo(() => {
    const shown = new Map(people.map((one) => [one.name, one.display]));
    return (account) => shown.get(account) ?? account;
  }, [people]);
}
