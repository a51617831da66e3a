// SPDX-License-Identifier: EUPL-1.2
// One post of a plan becomes another; one drag or one key held down is one step back.
import { useCallback, useRef } from "react";
import type { Desk } from "../desk";
import type { PlanPost } from "../types";

export function useReplace(desk: Desk): (post: string, part: Partial<PlanPost>, what: string) => void {
  const newest = useRef(desk);
  newest.current = desk;
  return useCallback((post, part, what) => {
    const { body, edit, locked } = newest.current;
    if (locked) return;
    const posts = (body.posts ?? []).map((one) => (one.post === post ? { ...one, ...part } : one));
    edit({ posts }, `${what} ${post}`);
  }, []);
}
