// SPDX-License-Identifier: EUPL-1.2
// The line of changes: one for all tabs of a browser, what it passes on, and what silence and a break mean.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChangeLine } from "../src/hub/changes";

class FakeSource {
  static opened: FakeSource[] = [];
  closed = false;
  onerror: () => void = () => undefined;
  private readonly heard = new Map<string, (event: { data: string }) => void>();

  constructor(readonly path: string) {
    FakeSource.opened.push(this);
  }

  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.heard.set(name, listener);
  }

  says(name: string, data: object): void {
    this.heard.get(name)?.({ data: JSON.stringify(data) });
  }

  close(): void {
    this.closed = true;
  }

  static get last(): FakeSource {
    return FakeSource.opened.at(-1) as FakeSource;
  }
}

/** All tabs of one browser hear each other, and one of them at a time holds the lock. */
class FakeTabs {
  static all = new Set<FakeTabs>();
  onmessage: (event: { data: unknown }) => void = () => undefined;

  constructor() {
    FakeTabs.all.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of FakeTabs.all) if (other !== this) other.onmessage({ data });
  }

  close(): void {
    FakeTabs.all.delete(this);
  }
}

let waiting: (() => Promise<void>)[] = [];
let holding = false;

async function next(): Promise<void> {
  const first = waiting.shift();
  if (!first) return;
  holding = true;
  await first();
  holding = false;
  await next();
}

const locks = {
  request: (_: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<void> => {
    if (!signal.aborted) waiting.push(held);
    if (!holding) void next();
    return Promise.resolve();
  },
};

beforeEach(() => {
  FakeSource.opened = [];
  FakeTabs.all.clear();
  waiting = [];
  holding = false;
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("BroadcastChannel", FakeTabs);
  vi.stubGlobal("navigator", { locks });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function tab(): { line: ChangeLine; told: (string[] | null)[] } {
  const line = new ChangeLine();
  const told: (string[] | null)[] = [];
  line.listen((what) => told.push(what === null ? null : [...what]));
  line.start();
  return { line, told };
}

test("of all tabs one holds the line, and passes on what it hears", () => {
  const [first, second] = [tab(), tab()];
  expect(FakeSource.opened).toHaveLength(1);
  FakeSource.last.says("here", { now_us: 7 });
  expect([first.line.up(), second.line.up()]).toEqual([true, true]);
  FakeSource.last.says("changed", { what: ["plans"] });
  // Whatever was said before it was up went unheard: null.
  for (const { told } of [first, second]) expect(told).toEqual([null, ["plans"]]);
});

test("a tab that comes later knows that the line is up", () => {
  tab();
  FakeSource.last.says("here", { now_us: 7 });
  expect(tab().line.up()).toBe(true);
});

test("when the tab that holds it closes, another takes it up", async () => {
  const [first] = [tab(), tab()];
  first.line.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(FakeSource.opened).toHaveLength(2);
  expect(FakeSource.opened[0]?.closed).toBe(true);
});

test("a break is told at once, and the line is opened again by itself, later and later", async () => {
  const { line, told } = tab();
  FakeSource.last.says("here", { now_us: 7 });
  FakeSource.last.onerror();
  expect(line.up()).toBe(false);
  expect(told).toEqual([null, null]);
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSource.opened).toHaveLength(2);
  FakeSource.last.onerror();
  await vi.advanceTimersByTimeAsync(999);
  expect(FakeSource.opened).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeSource.opened).toHaveLength(3);
});

test("twelve seconds of silence are a break", async () => {
  const { line } = tab();
  FakeSource.last.says("here", { now_us: 7 });
  await vi.advanceTimersByTimeAsync(11_999);
  expect(line.up()).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(line.up()).toBe(false);
});

test("a browser without such tabs has a line of its own", () => {
  vi.stubGlobal("navigator", {});
  tab();
  tab();
  expect(FakeSource.opened).toHaveLength(2);
});
