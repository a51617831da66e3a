// SPDX-License-Identifier: EUPL-1.2
// What the map's grounds and hatches mean.
import { useWords } from "../../i18n/language";
import { LEVELS } from "../optics";

const others = ["sharp", "outside", "blind", "area"] as const;

export function Legend() {
  const { say } = useWords();
  const words = {
    sharp: say("planning.legend.sharp"),
    outside: say("planning.legend.outside"),
    blind: say("planning.legend.blind"),
    area: say("planning.legend.area"),
  };
  return (
    <ul className="fz-legend" aria-label={say("planning.legend.label")}>
      {LEVELS.map((level, n) => (
        <li key={level} className="fz-legend__item">
          <span className={`fz-legend__swatch fz-legend__swatch--${n + 1}`} />
          {n === LEVELS.length - 1 ? say("planning.pxPerM", { value: level }) : level}
        </li>
      ))}
      {others.map((one) => (
        <li key={one} className="fz-legend__item">
          <span className={`fz-legend__swatch fz-legend__swatch--${one}`} />
          {words[one]}
        </li>
      ))}
    </ul>
  );
}
