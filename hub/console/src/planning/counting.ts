// SPDX-License-Identifier: EUPL-1.2
// The numbers of a plan as one works on it, from a worker: the newest plan only, however fast the hand moves.
import { useCallback, useEffect, useRef, useState } from "react";
import type { Coverage, Obstacle } from "./coverage";
import type { Answer, Question } from "./coverage-worker";
import type { PlanPost, PlanView, Position } from "./types";

export interface Ask {
  area: readonly Position[];
  posts: readonly PlanPost[];
  obstacles: readonly Obstacle[];
  floor: number;
  ceiling: number;
}

export interface Counting {
  coverage: Coverage | null;
  /** what keeps this post's view inside, or null when nothing near does */
  mend: (post: PlanPost) => Promise<PlanView | null>;
}

class Counter {
  private readonly worker = new Worker(new URL("./coverage-worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;
  private busy = false;
  private next: Omit<Question, "number"> | null = null;

  constructor(private readonly counted: (coverage: Coverage | null) => void) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.number)?.(data);
      this.waiting.delete(data.number);
    });
  }

  private ask(question: Omit<Question, "number">): Promise<Answer> {
    this.asked += 1;
    const number = this.asked;
    return new Promise((resolve) => {
      this.waiting.set(number, resolve);
      this.worker.postMessage({ number, ...question } satisfies Question);
    });
  }

  async count(question: Omit<Question, "number">): Promise<void> {
    this.next = question;
    if (this.busy) return;
    this.busy = true;
    while (this.next !== null) {
      const now: Omit<Question, "number"> = this.next;
      this.next = null;
      this.counted((await this.ask(now)).coverage);
    }
    this.busy = false;
  }

  async mend(question: Omit<Question, "number">): Promise<PlanView | null> {
    return (await this.ask(question)).view;
  }

  end(): void {
    this.worker.terminate();
  }
}

function question(kind: Question["kind"], asked: Ask, posts: readonly PlanPost[]): Omit<Question, "number"> {
  return { kind, area: [...asked.area], posts: [...posts], obstacles: [...asked.obstacles], floor: asked.floor, ceiling: asked.ceiling };
}

export function useCounting(asked: Ask): Counting {
  const [coverage, setCoverage] = useState<Coverage | null>(null);
  const counter = useRef<Counter | null>(null);
  const newest = useRef(asked);
  newest.current = asked;
  useEffect(() => {
    counter.current = new Counter(setCoverage);
    return () => {
      counter.current?.end();
      counter.current = null;
    };
  }, []);
  const { area, posts, obstacles, floor, ceiling } = asked;
  useEffect(() => {
    void counter.current?.count(question("count", { area, posts, obstacles, floor, ceiling }, posts));
  }, [area, posts, obstacles, floor, ceiling]);
  const mend = useCallback(async (post: PlanPost): Promise<PlanView | null> => {
    return (await counter.current?.mend(question("mend", newest.current, [post]))) ?? null;
  }, []);
  return { coverage, mend };
}
