// SPDX-License-Identifier: EUPL-1.2
// How old the picture in a tile is, for its words and, on every drawn frame, for whoever measures.
import { useEffect, useState, type RefObject } from "react";
import { ageState } from "../live/tile-state";
import type { LiveView } from "../live/view";

export interface PictureAge {
  ageMs: number;
  capturedAtUs: number;
}

const READ_EVERY_MS = 200; // fast enough for a word that changes at 2 and 5 s, slow enough to be read

/** Hub time minus capture time; and never less than the time since the picture was drawn, whatever the clocks say. */
function measure(view: LiveView): PictureAge | null {
  const drawn = view.picture.drawn;
  const atMs = performance.now();
  const nowUs = view.clock.nowUs(atMs);
  if (drawn === null || nowUs === null) return null;
  return { ageMs: Math.max((nowUs - drawn.capturedAtUs) / 1000, atMs - drawn.atMs), capturedAtUs: drawn.capturedAtUs };
}

function mark(tile: HTMLElement | null, age: PictureAge | null): void {
  if (!tile) return;
  if (age) {
    tile.dataset["ageMs"] = String(Math.round(age.ageMs));
    tile.dataset["capturedAtUs"] = String(age.capturedAtUs);
  } else {
    delete tile.dataset["ageMs"];
    delete tile.dataset["capturedAtUs"];
  }
}

export function usePictureAge(view: LiveView, tile: RefObject<HTMLElement | null>): PictureAge | null {
  const [shown, setShown] = useState<PictureAge | null>(null);
  useEffect(() => {
    const read = (): void => {
      view.clock.noticeSleep(performance.now(), Date.now());
      const age = measure(view);
      mark(tile.current, age);
      setShown(age);
    };
    view.onPicture = () => {
      const age = measure(view);
      mark(tile.current, age);
      // The words follow at their own pace, but a state never waits for them.
      setShown((before) => (before && age && ageState(before.ageMs) === ageState(age.ageMs) ? before : age));
    };
    const timer = window.setInterval(read, READ_EVERY_MS);
    return () => {
      window.clearInterval(timer);
      view.onPicture = () => undefined;
    };
  }, [view, tile]);
  return shown;
}
