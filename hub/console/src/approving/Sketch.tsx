// SPDX-License-Identifier: EUPL-1.2
// The area and where each camera looks, drawn from the bytes, over the municipality's own map where there is one. The
// drawing is a help: what is signed is the text beside it, and that is said. North is up.
import { useWords } from "../i18n/language";
import type { Town } from "../planning/town";
import type { Decision, Position } from "./decision";
import { metres } from "./ground";
import { groundBelow, type Dot, type Ground } from "./ground-below";
import { visible } from "./pieces";
import "../planning/map/map.css";

const SIZE = 320;
const EDGE = 28;
const REACH = 0.16; // of the drawing: a wedge shows a direction and a width, not how far one sees

export function Sketch({ decision, town }: { decision: Decision; town: Town | null }) {
  const { say } = useWords();
  const origin = decision.area[0];
  if (origin === undefined) return null;
  const all = [...decision.area, ...decision.posts.map((post) => post.position)].map((place) => metres(place, origin));
  const [left, top] = [Math.min(...all.map(({ x }) => x)), Math.min(...all.map(({ y }) => y))];
  const [across, down] = [Math.max(...all.map(({ x }) => x)) - left, Math.max(...all.map(({ y }) => y)) - top];
  const scale = (SIZE - 2 * EDGE) / Math.max(across, down, 1);
  const [width, height] = [across * scale + 2 * EDGE, down * scale + 2 * EDGE];
  const placed = (place: Position): Dot => {
    const { x, y } = metres(place, origin);
    return { x: (x - left) * scale + EDGE, y: (y - top) * scale + EDGE };
  };
  const below = town === null || town.features.length === 0 ? null : groundBelow(town, { placed, width, height });
  return (
    <figure className="fz-sketch fz-theme" data-testid="sketch" data-town={below !== null}>
      <svg viewBox={`0 0 ${width.toFixed(1)} ${height.toFixed(1)}`} role="img" aria-label={say("approving.sheet.sketch")}>
        {below !== null && <Below ground={below} width={width} height={height} />}
        <polygon className="fz-sketch__area" points={decision.area.map(placed).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")} />
        {decision.posts.map((post, n) => {
          const { x, y } = placed(post.position);
          return (
            <g key={post.post}>
              <path className="fz-sketch__wedge" d={wedge(x, y, post.view.azimuth_mdeg / 1000, Math.min(179, post.view.hfov_mdeg / 1000))} />
              <circle className="fz-sketch__post" cx={x.toFixed(1)} cy={y.toFixed(1)} r="4" />
              <text className="fz-sketch__number" x={(x - 9).toFixed(1)} y={(y + 5).toFixed(1)}>
                {n + 1}
              </text>
            </g>
          );
        })}
        {below?.entrances.map(({ name, at: { x, y } }) => (
          <g key={`${name} ${x}`}>
            <rect className="fz-sketch__entry" x={(x - 3).toFixed(1)} y={(y - 3).toFixed(1)} width="6" height="6" />
            <text className={`fz-sketch__name fz-sketch__name--${x > width / 2 ? "ends" : "begins"}`} x={(x > width / 2 ? x - 6 : x + 6).toFixed(1)} y={(y + 3).toFixed(1)}>
              {visible(name)}
            </text>
          </g>
        ))}
      </svg>
      <figcaption>
        {say("approving.sheet.sketchHelp")} {below !== null && say("approving.sheet.sketchTown")}
      </figcaption>
    </figure>
  );
}

function Below({ ground, width, height }: { ground: Ground; width: number; height: number }) {
  const entered = new Set(ground.entrances.map(({ name }) => name));
  return (
    <g>
      <rect className="fz-sketch__ground" width={width.toFixed(1)} height={height.toFixed(1)} />
      {ground.paths.map(({ kind, d }) => (
        <path key={kind} className={`fz-sketch__${kind}`} d={d} />
      ))}
      {ground.labels
        .filter(({ name }) => !entered.has(name)) // an entrance says its street's name already
        .map(({ name, of, at: { x, y }, turnDeg }, n) => (
          <text key={`${name} ${n}`} className={`fz-sketch__name fz-sketch__name--${of}`} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turnDeg})`}>
            {visible(name)}
          </text>
        ))}
    </g>
  );
}

function wedge(x: number, y: number, azimuth: number, across: number): string {
  const reach = SIZE * REACH;
  const end = (degrees: number): string => {
    const turned = (degrees * Math.PI) / 180;
    return `${(x + reach * Math.sin(turned)).toFixed(1)} ${(y - reach * Math.cos(turned)).toFixed(1)}`;
  };
  return `M${x.toFixed(1)} ${y.toFixed(1)}L${end(azimuth - across / 2)}A${reach} ${reach} 0 0 1 ${end(azimuth + across / 2)}Z`;
}
