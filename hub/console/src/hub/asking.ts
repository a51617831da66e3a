// SPDX-License-Identifier: EUPL-1.2
// Asking for something again and again: at once where the line says that it changed, now and then all the same, and
// sooner while the hub does not answer. What was answered stays until there is something newer.
import { useCallback, useEffect, useRef, useState } from "react";
import { HubUnreachableError, RefusedError } from "./api";
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

/** `question` must stay the same function for as long as it is the same question. */
export function useAsked<T>(question: () => Promise<T>, things: readonly Thing[], onSignedOut: () => void): Asked<T> {
  const [state, setState] = useState<State<T>>({ answer: null, offline: false, refused: null });
  const askNow = useRef<() => void>(() => undefined);
  const wanted = things.join(" ");
  useEffect(() => {
    let gone = false;
    let timer = 0;
    let failed = 0;
    let askedMs = -Infinity;
    let asking = false;
    let again = false;
    const later = (): void => {
      const ordinary = changeLine.up() ? WITH_LINE_MS : WITHOUT_LINE_MS;
      const delay = again ? Math.max(0, askedMs + APART_MS - performance.now()) : failed > 0 ? waitMs(failed - 1, Math.random()) : ordinary;
      again = false;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), delay);
    };
    const ask = async (): Promise<void> => {
      asking = true;
      askedMs = performance.now();
      try {
        const answer = await question();
        if (gone) return;
        failed = 0;
        setState({ answer, offline: false, refused: null });
      } catch (failure) {
        if (gone) return;
        if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
        if (failure instanceof RefusedError && failure.status < 500 && failure.status !== 429) {
          setState((before) => ({ ...before, offline: false, refused: failure }));
        } else if (failure instanceof HubUnreachableError || failure instanceof RefusedError) {
          failed += 1;
          setState((before) => ({ ...before, offline: true }));
        } else throw failure;
      } finally {
        asking = false;
      }
      later();
    };
    const soon = (): void => {
      again = true;
      if (!asking) later();
    };
    askNow.current = soon;
    void ask();
    const names = wanted.split(" ");
    const unheard = changeLine.listen((what) => {
      if (what === null || names.some((name) => what.has(name))) soon();
    });
    // The browser notices first when its own network goes or comes.
    window.addEventListener("online", soon);
    window.addEventListener("offline", soon);
    return () => {
      gone = true;
      unheard();
      window.removeEventListener("online", soon);
      window.removeEventListener("offline", soon);
      window.clearTimeout(timer);
    };
  }, [question, wanted, onSignedOut]);
  const refresh = useCallback(() => askNow.current(), []);
  return { ...state, refresh };
}
