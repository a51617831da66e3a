// SPDX-License-Identifier: EUPL-1.2
// The tiles, and beside them by what right they film and which lines in the log this person's looking made.
import { useCallback, useState } from "react";
import type { Overview } from "../hub/types";
import { LookPanel, type Look } from "./LookPanel";
import { MandatePanel } from "./MandatePanel";
import type { Standing } from "./standing";
import { Tile } from "./Tile";
import "./wall.css";

interface Properties {
  standing: Standing[];
  overview: Overview | null;
  nowUs: number;
  /** who looks has changed */
  onChange: () => void;
  onSignedOut: () => void;
}

/** One tile is as wide as it can be, four stand two by two, nine three by three. */
function columns(tiles: number): number {
  return Math.min(3, Math.ceil(Math.sqrt(tiles)));
}

export function Wall({ standing, overview, nowUs, onChange, onSignedOut }: Properties) {
  const [looks, setLooks] = useState<ReadonlyMap<string, Look>>(new Map());
  const onLook = useCallback((camera: string, look: Look | null) => {
    setLooks((before) => {
      const after = new Map(before);
      if (look) after.set(camera, look);
      else after.delete(camera);
      return after;
    });
  }, []);

  const tiles = standing.flatMap(({ filming, listed }) => filming.cameras.map((camera) => ({ filming, listed, camera })));
  const shut = standing.every(({ filming, listed }) => !listed || nowUs >= filming.until_us);
  return (
    <div className="fz-wall">
      <div className="fz-wall__tiles" data-columns={columns(tiles.length)}>
        {tiles.map(({ filming, listed, camera }, index) => (
          <Tile
            key={`${filming.deployment} ${camera.camera}`}
            number={index + 1}
            camera={camera}
            filming={filming}
            windowOpen={listed && nowUs < filming.until_us}
            next={overview?.next ?? null}
            only={tiles.length === 1}
            nowUs={nowUs}
            onLook={onLook}
            onLooking={onChange}
            onSignedOut={onSignedOut}
          />
        ))}
      </div>
      <aside className="fz-wall__beside">
        {standing.map(({ filming, listed }) => (
          <MandatePanel
            key={filming.deployment}
            filming={filming}
            open={listed && nowUs < filming.until_us}
            demo={overview?.demo ?? filming.demo}
            nowUs={nowUs}
          />
        ))}
        {!shut && <LookPanel looks={[...looks.values()]} nowUs={nowUs} />}
      </aside>
    </div>
  );
}
