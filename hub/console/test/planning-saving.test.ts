// SPDX-License-Identifier: EUPL-1.2
// A plan is saved by itself, and nothing that was typed is lost: not to a hub that is away, a page that is closed, or
// somebody else who saved first.
import { describe, expect, test } from "vitest";
import { HubUnreachableError, RefusedError } from "../src/hub/api";
import { Saver, type Deps } from "../src/planning/saving";
import type { Plan, PlanBody } from "../src/planning/types";

function plan(version: number, body: PlanBody, by = "a"): Plan {
  return { id: "p", title: "Plein", state: "editing", version, changed_by: by, changed_at_us: version, deployment: null, number: null, body };
}

class Desk {
  readonly shelf = new Map<string, string>();
  stored = plan(1, { necessity: "one" });
  away = false;
  out = 0;
  saves = 0;
  private timers: (() => void)[] = [];

  deps(account = "a"): Deps {
    return {
      account,
      hub: {
        plan: () => Promise.resolve(this.stored),
        save: (_, base, title, body) => {
          this.saves += 1;
          if (this.away) return Promise.reject(new HubUnreachableError("away"));
          if (base !== this.stored.version) return Promise.reject(new RefusedError(409, "plan-changed", null));
          this.stored = { ...plan(base + 1, { ...body, max_units: 1, area: [] }, account), title };
          return Promise.resolve(this.stored);
        },
      },
      cupboard: {
        read: (key) => this.shelf.get(key) ?? null,
        write: (key, value) => void (value === null ? this.shelf.delete(key) : this.shelf.set(key, value)),
      },
      onSignedOut: () => void (this.out += 1),
      nowMs: () => 0,
      after: (_, run) => this.timers.push(run),
      cancel: (timer) => void (this.timers[timer - 1] = () => undefined),
    };
  }

  async quiet(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) {
      for (const run of this.timers.splice(0)) run();
      for (let n = 0; n < 8; n += 1) await Promise.resolve();
      if (this.away) return;
    }
  }
}

function write(saver: Saver, part: PlanBody, what = "x"): void {
  const { present } = saver.now().history;
  saver.change({ ...present, body: { ...present.body, ...part } }, what);
}

describe("a plan under one pair of hands", () => {
  test("is sent once it is quiet, and then nothing is kept here any more", async () => {
    const desk = new Desk();
    const saver = new Saver(desk.stored, desk.deps());
    write(saver, { necessity: "two" });
    write(saver, { necessity: "three" });
    expect(desk.shelf.size).toBe(1);
    await desk.quiet();
    expect(desk.stored.body.necessity).toBe("three");
    expect(desk.saves).toBe(1); // the hub's own form of it is not sent back
    expect(saver.now().saving).toBe("saved");
    expect(desk.shelf.size).toBe(0);
  });

  test("survives a hub that is away and a page that is closed", async () => {
    const desk = new Desk();
    const saver = new Saver(desk.stored, desk.deps());
    desk.away = true;
    write(saver, { necessity: "two" });
    await desk.quiet();
    expect(saver.now().saving).toBe("offline");
    saver.end();
    desk.away = false;
    const again = new Saver(desk.stored, desk.deps());
    expect(again.now().history.present.body.necessity).toBe("two");
    await desk.quiet();
    expect(desk.stored.body.necessity).toBe("two");
    expect(desk.shelf.size).toBe(0);
  });

  test("is nobody else's: another account finds nothing here", async () => {
    const desk = new Desk();
    desk.away = true;
    write(new Saver(desk.stored, desk.deps("a")), { necessity: "two" });
    expect(new Saver(desk.stored, desk.deps("b")).now().history.present.body.necessity).toBe("one");
  });

  test("a session that ended keeps it for the next", async () => {
    const desk = new Desk();
    const deps = desk.deps();
    const saver = new Saver(desk.stored, { ...deps, hub: { ...deps.hub, save: () => Promise.reject(new RefusedError(401, "", null)) } });
    write(saver, { necessity: "two" });
    await desk.quiet();
    expect(desk.out).toBe(1);
    expect(desk.shelf.size).toBe(1);
  });

  test("what the browser kept and cannot be read is not in the way", () => {
    const desk = new Desk();
    desk.shelf.set("plan.a.p", "{");
    expect(new Saver(desk.stored, desk.deps()).now().asides).toEqual([]);
  });
});

describe("somebody else saved first", () => {
  async function overtaken(): Promise<{ desk: Desk; saver: Saver }> {
    const desk = new Desk();
    const saver = new Saver(desk.stored, desk.deps());
    write(saver, { necessity: "mine" });
    desk.stored = plan(2, { necessity: "one", on_link_loss: "stop" }, "b");
    await desk.quiet();
    return { desk, saver };
  }

  test("theirs is shown, and mine is kept aside with who it was", async () => {
    const { desk, saver } = await overtaken();
    const now = saver.now();
    expect(now.history.present.body).toEqual({ necessity: "one", on_link_loss: "stop" });
    expect(now.overtaken?.by).toBe("b");
    expect(now.asides[0]?.mine.body.necessity).toBe("mine");
    saver.end();
    const again = new Saver(desk.stored, desk.deps());
    expect(again.now().asides[0]?.mine.body.necessity).toBe("mine");
  });

  test("laid over it, both are saved", async () => {
    const { desk, saver } = await overtaken();
    const aside = saver.now().asides[0];
    if (aside) saver.layOver(aside);
    await desk.quiet();
    expect(desk.stored.body.necessity).toBe("mine");
    expect(desk.stored.body.on_link_loss).toBe("stop");
    expect(saver.now().asides).toEqual([]);
    saver.undo();
    expect(saver.now().history.present.body.necessity).toBe("one");
  });

  test("dropped, nothing of it is left", async () => {
    const { desk, saver } = await overtaken();
    const aside = saver.now().asides[0];
    if (aside) saver.drop(aside);
    expect(desk.shelf.size).toBe(0);
  });

  test("it happened while this page was closed", async () => {
    const desk = new Desk();
    desk.away = true;
    const saver = new Saver(desk.stored, desk.deps());
    write(saver, { necessity: "mine" });
    saver.end();
    desk.stored = plan(5, { necessity: "theirs" }, "b");
    const again = new Saver(desk.stored, desk.deps());
    expect(again.now().history.present.body.necessity).toBe("theirs");
    expect(again.now().asides[0]?.mine.body.necessity).toBe("mine");
  });
});
