// SPDX-License-Identifier: EUPL-1.2
// The names of streets, squares and buildings, written by the page: the map needs no fonts from anywhere.
import { memo } from "react";
import type { Town } from "../town";
import { Mark } from "./Marks";

export const Labels = memo(function Labels({ town }: { town: Town }) {
  return (
    <div aria-hidden="true">
      {town.labels.map((label, n) => (
        <Mark key={`${label.name} ${n}`} at={label.position} className={`fz-mark--name fz-mark--${label.of}`}>
          <span className={label.turnDeg === 0 ? "fz-mark__name" : "fz-mark__name fz-mark__name--upright"}>{label.name}</span>
        </Mark>
      ))}
    </div>
  );
});
