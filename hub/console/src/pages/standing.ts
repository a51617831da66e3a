// SPDX-License-Identifier: EUPL-1.2
// Which deployments stand on the wall: those that film, or, when nothing films any more, the last ones, shut. A tile
// that someone looked at must say that its window closed, and not just be gone.
import { useRef } from "react";
import type { Filming, Overview } from "../hub/types";

export interface Standing {
  filming: Filming;
  listed: boolean;
}

export function useStanding(overview: Overview | null): Standing[] {
  const last = useRef<Filming[]>([]);
  const listed = overview?.filming ?? [];
  if (listed.length > 0) last.current = listed;
  return last.current.map((filming) => ({ filming, listed: listed.includes(filming) }));
}
