// SPDX-License-Identifier: EUPL-1.2
// The tiles, and beside them by what right they film and which lines in the log this person's looking made.
import { useCallback, useEffect, useState } from "react";
import { windowNow, type Standing } from "../hub/standing";
import type { Overview } from "../hub/types";
import { Ended } from "./Ended";
import { LookPanel, type Look } from "./LookPanel";
import { MandatePanel } from "./MandatePanel";
import { openScreen } from "./screens-beside";
import { Tile } from "./Tile";
import "./wall.css";

interface Properties {
  standing: readonly Standing[];
  overview: Overview;
  hubAnswers: boolean;
  nowUs: number;
  /** who looks has changed */
  onChange: () => void;
  onSignedOut: () => void;
}

/** One tile is as wide as it can be, four stand two by two, nine three by three. */
function columns(tiles: number): number {
  return Math.min(3, Math.ceil(Math.sqrt(tiles)));
}

/** R looks back at the tile that has the focus: its own link is pressed. Without one nothing is looked at. */
function useLookBack(): void {
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const typing = event.target instanceof Element && event.target.closest("input, select, textarea") !== null;
      if (event.key.toLowerCase() !== "r" || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const tile = document.activeElement?.closest("[data-testid=tile]");
      if (tile) tile.querySelector<HTMLAnchorElement>("[data-testid=look-back]")?.click();
      else openScreen("/replay");
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);
}

export function Wall({ standing, overview, hubAnswers, nowUs, onChange, onSignedOut }: Properties) {
  const [looks, setLooks] = useState<ReadonlyMap<string, Look>>(new Map());
  const onLook = useCallback((camera: string, look: Look | null) => {
    setLooks((before) => {
      const after = new Map(before);
      if (look) after.set(camera, look);
      else {
        // One's own stop ends the look; its number in the log stays.
        const last = before.get(camera);
        if (last) after.set(camera, { ...last, untilUs: null });
      }
      return after;
    });
  }, []);

  useLookBack();
  const windows = standing.map((one) => ({ filming: one.filming, window: windowNow(one, nowUs) }));
  const tiles = windows.flatMap(({ filming, window }) => filming.cameras.map((camera) => ({ filming, window, camera })));
  const shown = new Set(windows.map(({ filming }) => filming.deployment));
  const over = windows.every(({ window }) => window !== "open");
  return (
    <div className="fz-wall">
      <div className="fz-wall__tiles" data-columns={columns(tiles.length)}>
        {tiles.map(({ filming, window, camera }, index) => (
          <Tile
            key={`${filming.deployment} ${camera.camera}`}
            number={index + 1}
            camera={camera}
            filming={filming}
            window={window}
            next={overview.next}
            hubAnswers={hubAnswers}
            only={tiles.length === 1}
            nowUs={nowUs}
            onLook={onLook}
            onLooking={onChange}
            onSignedOut={onSignedOut}
          />
        ))}
      </div>
      <aside className="fz-wall__beside">
        {windows.map(({ filming, window }) => (
          <MandatePanel
            key={filming.deployment}
            filming={filming}
            window={window}
            demo={filming.demo}
            nowUs={nowUs}
          />
        ))}
        <Ended recent={overview.recent.filter((one) => !shown.has(one.deployment))} nowUs={nowUs} />
        {(!over || looks.size > 0) && <LookPanel looks={[...looks.values()]} nowUs={nowUs} />}
      </aside>
    </div>
  );
}
