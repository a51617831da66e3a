// SPDX-License-Identifier: EUPL-1.2
// A plan as it lies open: what it says, what one may change it with, and what is known around it. Every part of the
// screen is given this one thing.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { remember, remembered } from "../theme/remembered";
import { planning, type Checked } from "./api";
import type { Counting } from "./counting";
import { Saver, type Editing } from "./saving";
import type { Town } from "./town";
import type { Deployment, Designation, Finding, Person, Plan, PlanBody, Regime } from "./types";

export const FLOOR_PX_PER_M = 40; // Outline; the municipality's policy where a plan says nothing
export const CEILING_PX_PER_M = 250; // Characterize

export interface Known {
  regimes: readonly Regime[];
  designations: readonly Designation[];
  people: readonly Person[];
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

const NOTHING: Known = { regimes: [], designations: [], people: [] };

export interface KnownState {
  known: Known;
  failed: boolean;
  ready: boolean;
}

function foreseen(failure: unknown, onSignedOut: () => void): boolean {
  if (failure instanceof RefusedError && failure.status === 401) onSignedOut();
  return failure instanceof RefusedError || failure instanceof HubUnreachableError;
}

/** What plans stand on: asked once, for it changes by the month. */
export function useKnown(onSignedOut: () => void): KnownState {
  const [state, setState] = useState<KnownState>({ known: NOTHING, failed: false, ready: false });
  useEffect(() => {
    let gone = false;
    Promise.all([planning.regimes(), planning.designations(), planning.people()]).then(
      ([regimes, designations, people]) => {
        if (!gone) setState({ known: { regimes, designations, people }, failed: false, ready: true });
      },
      (failure: unknown) => {
        if (!foreseen(failure, onSignedOut)) throw failure;
        if (!gone) setState({ known: NOTHING, failed: true, ready: true });
      },
    );
    return () => {
      gone = true;
    };
  }, [onSignedOut]);
  return state;
}

export interface Checks {
  checked: Checked | null;
  /** the hub has looked at this very version */
  fresh: boolean;
}

/** What the hub says of the newest version that it has. */
export function useChecks(plan: Plan, saved: boolean, language: string, onSignedOut: () => void): Checks {
  const [state, setState] = useState<{ of: string; checked: Checked } | null>(null);
  const of = `${plan.id} ${plan.version} ${language}`;
  const due = saved && plan.state === "editing";
  useEffect(() => {
    if (!due) return;
    let gone = false;
    planning.check(plan.id).then(
      (checked) => {
        if (!gone) setState({ of, checked });
      },
      (failure: unknown) => {
        if (!foreseen(failure, onSignedOut)) throw failure;
      },
    );
    return () => {
      gone = true;
    };
  }, [of, due, plan.id, onSignedOut]);
  return { checked: state?.checked ?? null, fresh: saved && state?.of === of };
}

/** What came back from those who sign, while the plan can be changed again. */
export function useSentBack(plan: Plan): Deployment["sent_back"] {
  const [found, setFound] = useState<Deployment["sent_back"]>(null);
  const { deployment, state } = plan;
  useEffect(() => {
    if (deployment === null || state !== "editing") return setFound(null);
    let gone = false;
    planning.deployment(deployment).then(
      (answer) => {
        if (!gone) setFound(answer.sent_back ?? null);
      },
      (failure: unknown) => {
        if (!foreseen(failure, () => undefined)) throw failure;
      },
    );
    return () => {
      gone = true;
    };
  }, [deployment, state]);
  return found;
}

export function useNamed(people: readonly Person[]): (account: string) => string {
  return useMemo(() => {
    const shown = new Map(people.map((one) => [one.name, one.display]));
    return (account) => shown.get(account) ?? account;
  }, [people]);
}
