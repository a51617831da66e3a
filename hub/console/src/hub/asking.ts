// SPDX-License-Identifier: EUPL-1.2
// Asking for something again and again: at once where the line says that it changed, now and then all the same, and
// sooner while the hub does not answer. What was answered stays until there is something newer. What hardly changes, or
// costs the hub seconds, is asked until it is answered, and then only where the line says that it changed.
import { useCallback, useEffect, useRef, useState } from "react";
import { HubUnreachableError, isSignedOut, RefusedError } from "./api";
import { waitMs } from "./backoff";
import { changeLine, type Thing } from "./changes";

const WITH_LINE_MS = 15_000;
const WITHOUT_LINE_MS = 5_000;
const APART_MS = 1_000; // many things that change at once are asked for once

export interface Asked<T> {
  answer: T | null;
  /** the hub did not answer the last question */
  offline: boolean;
  /** the hub answered no */
  refused: RefusedError | null;
  /** asks now, because something has just changed */
  refresh: () => void;
}

interface State<T> {
  answer: T | null;
  offline: boolean;
  refused: RefusedError | null;
}

export type HowOften = "on" | "until-answered";

const NOTHING = { answer: null, offline: false, refused: null };

/** What there is to say after a question: all of the state, or what changed in it. */
type Told<T> = (after: Partial<State<T>>) => void;

/** Asks now and keeps asking; `soon` asks again in a moment, `end` asks no more. */
export function keepAsking<T>(
  question: () => Promise<T>,
  things: readonly string[],
  howOften: HowOften,
  told: Told<T>,
  onSignedOut: () => void,
): { soon: () => void; end: () => void } {
  let gone = false;
  let timer = 0;
  let failed = 0;
  let content = false;
  let askedMs = -Infinity;
  let asking = false;
  let again = false;
  const later = (): void => {
    const ordinary = changeLine.up() ? WITH_LINE_MS : WITHOUT_LINE_MS;
    const delay = again ? Math.max(0, askedMs + APART_MS - performance.now()) : failed > 0 ? waitMs(failed - 1, Math.random()) : ordinary;
    again = false;
    window.clearTimeout(timer);
    if (!content) timer = window.setTimeout(() => void ask(), delay);
  };
  const failedWith = (failure: unknown): void => {
    if (failure instanceof RefusedError && failure.status < 500 && failure.status !== 429) return told({ offline: false, refused: failure });
    if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
    failed += 1;
    told({ offline: true });
  };
  const ask = async (): Promise<void> => {
    asking = true;
    askedMs = performance.now();
    try {
      const answer = await question();
      if (gone) return;
      failed = 0;
      content = howOften === "until-answered" && !again;
      told({ answer, offline: false, refused: null });
    } catch (failure) {
      if (gone) return;
      if (isSignedOut(failure)) return onSignedOut();
      failedWith(failure);
    } finally {
      asking = false;
    }
    later();
  };
  const soon = (): void => {
    content = false;
    again = true;
    if (!asking) later();
  };
  const unlessContent = (): void => {
    if (!content) soon();
  };
  void ask();
  const unheard = changeLine.listen((what) => {
    if (what === null) unlessContent();
    else if (things.some((name) => what.has(name))) soon();
  });
  // The browser notices first when its own network goes or comes.
  window.addEventListener("online", unlessContent);
  window.addEventListener("offline", unlessContent);
  const end = (): void => {
    gone = true;
    unheard();
    window.removeEventListener("online", unlessContent);
    window.removeEventListener("offline", unlessContent);
    window.clearTimeout(timer);
  };
  return { soon, end };
}

/** `question` must stay the same function for as long as it is the same question; null asks nothing. */
export function useAsked<T>(
  question: (() => Promise<T>) | null,
  things: readonly Thing[],
  onSignedOut: () => void,
  howOften: HowOften = "on",
): Asked<T> {
  const [state, setState] = useState<State<T>>(NOTHING);
  const askNow = useRef<() => void>(() => undefined);
  const wanted = things.join(" ");
  useEffect(() => {
    if (question === null) return;
    const told: Told<T> = (after) => setState((before) => ({ ...before, ...after }));
    const { soon, end } = keepAsking(question, wanted.split(" "), howOften, told, onSignedOut);
    askNow.current = soon;
    return end;
  }, [question, wanted, onSignedOut, howOften]);
  const refresh = useCallback(() => askNow.current(), []);
  return { ...state, refresh };
}
