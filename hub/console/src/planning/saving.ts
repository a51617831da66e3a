// SPDX-License-Identifier: EUPL-1.2
// A plan under somebody's hands. Every change is kept in the browser at once and sent to the hub a moment later; what
// somebody else wrote meanwhile is shown as it is, and one's own edit is set aside, from where it can be laid over it.
import { HubUnreachableError, RefusedError } from "../hub/api";
import { waitMs } from "../hub/backoff";
import { begun, changed, redone, undone, type History } from "./history";
import { keyOf, put, taken, type Cupboard, type Kept } from "./kept";
import { laidOver, same, type Draft } from "./merging";
import type { Plan, PlanBody } from "./types";

export type Saving = "saved" | "waiting" | "sending" | "offline" | "refused";

export interface Editing {
  /** as the hub has it */
  plan: Plan;
  history: History<Draft>;
  saving: Saving;
  refusal: RefusedError | null;
  asides: readonly Kept[];
  /** the newest aside came in this sitting, and nobody answered it yet */
  overtaken: { by: string; atUs: number; base: Draft } | null;
}

export interface Hub {
  plan: (plan: string) => Promise<Plan>;
  save: (plan: string, baseVersion: number, title: string, body: PlanBody) => Promise<Plan>;
}

export interface Deps {
  hub: Hub;
  cupboard: Cupboard;
  account: string;
  onSignedOut: () => void;
  nowMs: () => number;
  after: (ms: number, run: () => void) => number;
  cancel: (timer: number) => void;
}

const QUIET_MS = 700; // after the last change

export class Saver {
  private state: Editing;
  private readonly listeners = new Set<() => void>();
  private timer: number | null = null;
  private failed = 0;
  private gone = false;
  private readonly key: string;

  constructor(
    plan: Plan,
    private readonly deps: Deps,
  ) {
    this.key = keyOf(deps.account, plan.id);
    const { edit, asides } = taken(deps.cupboard, this.key);
    const theirs: Draft = { title: plan.title, body: plan.body };
    this.state = { plan, history: begun(theirs), saving: "saved", refusal: null, asides, overtaken: null };
    if (edit === null || same(edit.mine, theirs)) return;
    if (edit.version === plan.version) {
      this.state = { ...this.state, history: changed(begun(theirs), edit.mine, "kept", deps.nowMs()), saving: "waiting" };
      this.later(0);
    } else this.setAside(edit, plan);
  }

  now(): Editing {
    return this.state;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends the sending; what was not sent stays in the browser. */
  end(): void {
    this.gone = true;
    if (this.timer !== null) this.deps.cancel(this.timer);
  }

  ended(): boolean {
    return this.gone;
  }

  /** `what` names the thing under the hand, so that one drag or one word is one step back. */
  change(draft: Draft, what: string): void {
    if (same(draft, this.state.history.present)) return;
    this.become(changed(this.state.history, draft, what, this.deps.nowMs()));
  }

  undo(): void {
    this.become(undone(this.state.history));
  }

  redo(): void {
    this.become(redone(this.state.history));
  }

  /** An older version's contents become the newest. */
  restore(draft: Draft): void {
    this.change(draft, "restore");
  }

  /** One's own edit over what the other wrote: what only they changed stays. */
  layOver(aside: Kept): void {
    const merged = laidOver(aside.base, aside.mine, this.state.history.present);
    this.drop(aside);
    this.change(merged, "lay over");
  }

  drop(aside: Kept): void {
    this.set({ asides: this.state.asides.filter((one) => one !== aside), overtaken: null });
    this.keep();
  }

  /** Told: the aside stays where it is. */
  seen(): void {
    this.set({ overtaken: null });
  }

  /** Now, and not a moment later; true when the hub has all of it. */
  async flush(): Promise<boolean> {
    if (this.timer !== null) this.deps.cancel(this.timer);
    this.timer = null;
    await this.send();
    return this.state.saving === "saved";
  }

  /** The hub changed the plan itself, by submitting it. */
  async reload(): Promise<void> {
    const plan = await this.deps.hub.plan(this.state.plan.id);
    this.set({ plan, history: begun({ title: plan.title, body: plan.body }), saving: "saved" });
    this.keep();
  }

  private set(part: Partial<Editing>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }

  private become(history: History<Draft>): void {
    if (history === this.state.history) return;
    const busy = this.state.saving === "sending";
    this.set({ history, saving: busy ? "sending" : "waiting", refusal: null });
    this.keep();
    if (!busy) this.later(QUIET_MS);
  }

  private base(): Draft {
    return { title: this.state.plan.title, body: this.state.plan.body };
  }

  private keep(): void {
    const { plan, history, asides } = this.state;
    const edit = same(history.present, this.base()) ? null : { version: plan.version, base: this.base(), mine: history.present };
    put(this.deps.cupboard, this.key, { edit, asides: [...asides] });
  }

  private later(ms: number): void {
    if (this.timer !== null) this.deps.cancel(this.timer);
    this.timer = this.deps.after(ms, () => {
      this.timer = null;
      void this.send();
    });
  }

  private async send(): Promise<void> {
    const { plan, history, saving } = this.state;
    if (this.gone || saving === "sending") return;
    if (same(history.present, this.base())) {
      this.set({ saving: "saved" });
      return this.keep();
    }
    const sent = history.present;
    this.set({ saving: "sending" });
    try {
      const acked = await this.deps.hub.save(plan.id, plan.version, sent.title, sent.body);
      this.failed = 0;
      this.acked(acked, sent);
    } catch (failure) {
      await this.refused(failure);
    }
  }

  /** What one goes on typing while it is sent stays. The hub may write what was sent in a form of its own. */
  private acked(plan: Plan, sent: Draft): void {
    const { history } = this.state;
    const whole = same(history.present, sent);
    const adopted = whole ? { ...history, present: { title: plan.title, body: plan.body } } : history;
    this.set({ plan, history: adopted, saving: whole ? "saved" : "waiting" });
    this.keep();
    if (!whole) this.later(QUIET_MS);
  }

  private async refused(failure: unknown): Promise<void> {
    if (failure instanceof RefusedError) {
      if (failure.status === 401) return this.deps.onSignedOut();
      if (failure.reason === "plan-changed") return this.overtake();
      if (failure.status < 500) return this.set({ saving: "refused", refusal: failure });
    } else if (!(failure instanceof HubUnreachableError)) throw failure;
    this.failed += 1;
    this.set({ saving: "offline" });
    if (!this.gone) this.later(waitMs(this.failed - 1, Math.random()));
  }

  private async overtake(): Promise<void> {
    const { plan, history } = this.state;
    const mine: Kept = { version: plan.version, base: this.base(), mine: history.present };
    try {
      const theirs = await this.deps.hub.plan(plan.id);
      // Typed on while the answer was under way: the newest words are what is kept.
      this.setAside({ ...mine, mine: this.state.history.present }, theirs);
    } catch (failure) {
      await this.refused(failure);
    }
  }

  private setAside(mine: Kept, theirs: Plan): void {
    const shown: Draft = { title: theirs.title, body: theirs.body };
    this.set({
      plan: theirs,
      history: begun(shown),
      saving: "saved",
      asides: [...this.state.asides, mine],
      overtaken: { by: theirs.changed_by, atUs: theirs.changed_at_us, base: mine.base },
    });
    this.keep();
  }
}
