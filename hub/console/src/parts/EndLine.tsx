// SPDX-License-Identifier: EUPL-1.2
// The bar of whatever runs by right: filled is used, the notch is the end, hatched is overrun that was signed and is not
// taken. Whoever shows it writes the end beside it.
import { useId } from "react";
import "./end-line.css";

interface Properties {
  fromUs: number;
  untilUs: number;
  nowUs: number;
  last: boolean;
  /** how far it may be prolonged */
  overrunUs?: number | null | undefined;
}

export function EndLine({ fromUs, untilUs, nowUs, last, overrunUs }: Properties) {
  const hatch = useId();
  const wholeUs = Math.max(1, Math.max(untilUs, overrunUs ?? 0) - fromUs);
  const share = (us: number): string => `${(Math.min(1, Math.max(0, (us - fromUs) / wholeUs)) * 100).toFixed(2)}%`;
  const more = overrunUs !== null && overrunUs !== undefined && overrunUs > untilUs;
  return (
    <svg className={last ? "fz-end-line fz-end-line--last" : "fz-end-line"} aria-hidden="true" focusable="false">
      {more && (
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="2" height="6" className="fz-end-line__hatch" />
          </pattern>
        </defs>
      )}
      <rect className="fz-end-line__ground" width={share(untilUs)} />
      {more && <rect x={share(untilUs)} width={`${(((overrunUs - untilUs) / wholeUs) * 100).toFixed(2)}%`} fill={`url(#${hatch})`} />}
      <rect className="fz-end-line__used" width={share(Math.min(nowUs, untilUs))} />
      <rect className="fz-end-line__notch" x={share(untilUs)} />
    </svg>
  );
}
