// SPDX-License-Identifier: EUPL-1.2
// The one line over which a page hears that something changed (server-sent events). What changed is then asked for as
// always; the line only says when. Of all tabs of one browser one holds it and passes on what it hears: a browser opens
// six connections to a hub and no more, and a line each would leave none for questions.
import { useSyncExternalStore } from "react";
import { waitMs } from "./backoff";

/** Things that a page may show, by the words of the hub. */
export type Thing = "deployments" | "plans" | "units" | "looks" | "people";

type Said =
  | { say: "here"; nowUs: number }
  | { say: "changed"; what: string[] }
  | { say: "broken" }
  | { say: "ask" };

/** null: whatever it was went unheard, so anything may have changed */
type Listener = (what: ReadonlySet<string> | null) => void;

const PATH = "/v1/events";
const NAME = "fz-line";
const SILENT_AFTER_MS = 12_000; // the hub speaks every five seconds

function parsed(text: unknown): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(String(text));
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch (failure) {
    console.warn("not a message of the line of changes", failure);
    return {};
  }
}

export class ChangeLine {
  /** the hub's time came with a message, at this moment of performance.now */
  onTime: (nowUs: number, atMs: number) => void = () => undefined;

  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private tabs: BroadcastChannel | null = null;
  private source: EventSource | null = null;
  private leaves: AbortController | null = null;
  private retry = 0;
  private silence = 0;
  private tries = 0;
  private isUp = false;

  readonly up = (): boolean => this.isUp;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    this.stop();
    const leaves = new AbortController();
    this.leaves = leaves;
    if (typeof BroadcastChannel === "function" && typeof navigator.locks === "object") {
      this.tabs = new BroadcastChannel(NAME);
      this.tabs.onmessage = (event) => this.heardOfTab(event.data as Said);
      this.tabs.postMessage({ say: "ask" } satisfies Said);
      const held = (): Promise<void> => {
        this.open();
        return new Promise((resolve) => leaves.signal.addEventListener("abort", () => resolve()));
      };
      navigator.locks.request(NAME, { signal: leaves.signal }, held).catch((failure: unknown) => {
        if (!leaves.signal.aborted) throw failure;
      });
    } else this.open(); // no such browser: a line of its own
  }

  stop(): void {
    window.clearTimeout(this.retry);
    window.clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
    this.leaves?.abort();
    this.leaves = null;
    this.tabs?.close();
    this.tabs = null;
    this.tries = 0;
    this.isUp = false;
  }

  private open(): void {
    const source = new EventSource(PATH);
    this.source = source;
    source.addEventListener("here", (event) => {
      const nowUs = parsed(event.data)["now_us"];
      this.tries = 0;
      if (typeof nowUs === "number") this.pass({ say: "here", nowUs });
    });
    source.addEventListener("changed", (event) => {
      const what = parsed(event.data)["what"];
      if (Array.isArray(what)) this.pass({ say: "changed", what: what.map(String) });
    });
    source.addEventListener("ended", () => this.broken());
    source.onerror = () => this.broken();
  }

  private broken(): void {
    this.source?.close();
    this.source = null;
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.open(), waitMs(this.tries, Math.random()));
    this.tries += 1;
    this.pass({ say: "broken" });
  }

  /** What this tab hears of the hub, for itself and for the others. */
  private pass(said: Said): void {
    this.tabs?.postMessage(said);
    this.heard(said);
  }

  private heardOfTab(said: Said): void {
    if (said.say !== "ask") this.heard(said);
    else if (this.source !== null && this.isUp) this.tabs?.postMessage({ say: "changed", what: [] } satisfies Said);
  }

  private heard(said: Said): void {
    if (said.say === "broken") return this.turn(false);
    if (said.say === "here") this.onTime(said.nowUs, performance.now());
    window.clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.fallenSilent(), SILENT_AFTER_MS);
    this.turn(true);
    if (said.say === "changed" && said.what.length > 0) this.tell(new Set(said.what));
  }

  private fallenSilent(): void {
    if (this.source) this.broken();
    else this.turn(false);
  }

  private turn(up: boolean): void {
    if (up === this.isUp) return;
    this.isUp = up;
    for (const watcher of this.watchers) watcher();
    this.tell(null); // at a break too: the question tells whether the hub is there at all
  }

  private tell(what: ReadonlySet<string> | null): void {
    for (const listener of this.listeners) listener(what);
  }
}

export const changeLine = new ChangeLine();

/** Whether changes are heard at once. Where not, a page asks by itself as often as it did without a line. */
export function useLineUp(): boolean {
  return useSyncExternalStore(changeLine.watch, changeLine.up, () => false);
}
