// SPDX-License-Identifier: EUPL-1.2
// The bottom of a tile: the picture's age at left, its capture time at right, both always.
import { useWords } from "../i18n/language";
import type { TileState } from "../live/tile-state";
import { ageWords } from "../words/ages";
import { clockSeconds } from "../words/times";
import type { PictureAge } from "./picture-age";

interface Properties {
  state: TileState;
  age: PictureAge | null;
  note: string | null;
}

export function TileFoot({ state, age, note }: Properties) {
  const { say, language } = useWords();
  if (state === "closed") {
    return <footer className="fz-tile__foot">{say("tile.closedFoot")}</footer>;
  }
  return (
    <footer className="fz-tile__foot" data-slow={state === "slow"}>
      <span className="fz-tile__age" data-testid="tile-age">
        {age ? ageWords(age.ageMs, say, language) : say("tile.noAge")}
      </span>
      {age && note && <span className="fz-tile__note">{note}</span>}
      <span className="fz-tile__time" data-testid="tile-captured">
        {age ? <Captured us={age.capturedAtUs} /> : "–"}
      </span>
    </footer>
  );
}

function Captured({ us }: { us: number }) {
  const { say, language } = useWords();
  const time = clockSeconds(us, language);
  return <time title={say("tile.capturedAt", { time })}>{time}</time>;
}
