// SPDX-License-Identifier: EUPL-1.2
// The area on the town's own lines, north up, its corners numbered as the lines of the text are. While one draws a
// press is a corner; else it stands still, so that a finger or a wheel moves the page.
import { useEffect, useRef, useState } from "react";
import { useWords } from "../i18n/language";
import { middle } from "../planning/plane";
import { plainSurface } from "../planning/map/plain-surface";
import type { Surface } from "../planning/map/surface";
import type { Town } from "../planning/town";
import type { Position } from "../planning/types";
import { useScheme } from "../theme/scheme";
import "../planning/map/map.css";

const NOWHERE: Position = { lat_e7: 520_900_000, lon_e7: 51_200_000 }; // the middle of the country

interface Properties {
  town: Town;
  corners: readonly Position[];
  drawing: boolean;
  onPress: (place: Position) => void;
}

export function AreaPreview({ town, corners, drawing, onPress }: Properties) {
  const { say } = useWords();
  const scheme = useScheme();
  const host = useRef<HTMLDivElement>(null);
  const [surface, setSurface] = useState<Surface | null>(null);
  const [, moved] = useState(0);
  const press = useRef(onPress);
  press.current = onPress;
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const masts = town.masts.map((one) => one.position);
    const made = plainSurface(element, town.features, middle(masts) ?? NOWHERE);
    made.fit(masts);
    made.onMove(() => moved((n) => n + 1));
    made.onPress((place) => press.current(place));
    setSurface(made);
    return () => {
      made.remove();
      setSurface(null);
    };
  }, [town]);
  useEffect(() => surface?.recolour(), [surface, scheme]);
  const held = useRef(drawing);
  held.current = drawing;
  const places = corners.map((one) => `${one.lat_e7} ${one.lon_e7}`).join("|");
  const shown = useRef(corners);
  shown.current = corners;
  useEffect(() => {
    // A map that moves under the hand that draws on it puts corners where nobody meant them.
    if (!held.current && places !== "") surface?.fit(shown.current);
  }, [surface, places]);
  const dots = surface === null ? [] : corners.map((one) => surface.toDot(one));
  return (
    <div
      className={drawing ? "fz-ground-map fz-ground-map--drawing" : "fz-ground-map"}
      role="img"
      aria-label={say("grounds.area.map", { count: corners.length })}
      data-testid="area-map"
    >
      <div className="fz-ground-map__town" ref={host} />
      <svg className="fz-ground-map__ink" aria-hidden="true" focusable="false">
        {(dots.length > 1 ? ["casing", "line"] : []).map((kind) => (
          <polygon key={kind} className={`fz-ground-map__${kind}`} points={dots.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")} />
        ))}
        {dots.map(({ x, y }, n) => (
          <g key={n}>
            <circle className="fz-ground-map__corner" cx={x.toFixed(1)} cy={y.toFixed(1)} r="10" />
            <text className="fz-ground-map__number" x={x.toFixed(1)} y={(y + 4).toFixed(1)}>
              {n + 1}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
