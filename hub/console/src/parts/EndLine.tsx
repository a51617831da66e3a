// SPDX-License-Identifier: EUPL-1.2
// The bar of whatever runs by right: filled is used, the notch is the end. Whoever shows it writes the end beside it.
import "./end-line.css";

interface Properties {
  fromUs: number;
  untilUs: number;
  nowUs: number;
  last: boolean;
}

export function EndLine({ fromUs, untilUs, nowUs, last }: Properties) {
  const used = Math.min(1, Math.max(0, (nowUs - fromUs) / Math.max(1, untilUs - fromUs)));
  return (
    <svg className={last ? "fz-end-line fz-end-line--last" : "fz-end-line"} aria-hidden="true" focusable="false">
      <rect className="fz-end-line__ground" width="100%" />
      <rect className="fz-end-line__used" width={`${(used * 100).toFixed(2)}%`} />
      <rect className="fz-end-line__notch" x="100%" />
    </svg>
  );
}
