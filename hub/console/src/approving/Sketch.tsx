// SPDX-License-Identifier: EUPL-1.2
// The area and where each camera looks, drawn from the bytes alone: no map, no name of elsewhere. North is up.
import { useWords } from "../i18n/language";
import type { Decision } from "./decision";
import { metres } from "./ground";

const SIZE = 320;
const EDGE = 28;
const REACH = 0.16; // of the drawing: a wedge shows a direction and a width, not how far one sees

export function Sketch({ decision }: { decision: Decision }) {
  const { say } = useWords();
  const origin = decision.area[0];
  if (origin === undefined) return null;
  const corners = decision.area.map((corner) => metres(corner, origin));
  const posts = decision.posts.map((post) => ({ post, at: metres(post.position, origin) }));
  const all = [...corners, ...posts.map(({ at }) => at)];
  const [left, top] = [Math.min(...all.map(({ x }) => x)), Math.min(...all.map(({ y }) => y))];
  const span = Math.max(Math.max(...all.map(({ x }) => x)) - left, Math.max(...all.map(({ y }) => y)) - top, 1);
  const scale = (SIZE - 2 * EDGE) / span;
  const height = (Math.max(...all.map(({ y }) => y)) - top) * scale + 2 * EDGE;
  const width = (Math.max(...all.map(({ x }) => x)) - left) * scale + 2 * EDGE;
  const placed = ({ x, y }: { x: number; y: number }): { x: number; y: number } => ({ x: (x - left) * scale + EDGE, y: (y - top) * scale + EDGE });
  return (
    <svg className="fz-sketch" viewBox={`0 0 ${width.toFixed(1)} ${height.toFixed(1)}`} preserveAspectRatio="xMinYMid meet" role="img" aria-label={say("approving.sheet.sketch")}>
      <polygon className="fz-sketch__area" points={corners.map(placed).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")} />
      {posts.map(({ post, at }, n) => {
        const { x, y } = placed(at);
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
    </svg>
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
