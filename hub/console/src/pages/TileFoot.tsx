// SPDX-License-Identifier: EUPL-1.2
// The bottom of a tile: the picture's age at left, its capture time at right, both always.
import { useWords } from "../i18n/language";
import type { TileState } from "../live/tile-state";
import { Key } from "../parts/Key";
import { ageWords } from "../words/ages";
import { clockSeconds } from "../words/times";
import type { PictureAge } from "./picture-age";

interface Properties {
  state: TileState;
  age: PictureAge | null;
  note: string | null;
  /** the address of this camera's look back */
  replay: string;
}

export function TileFoot({ state, age, note, replay }: Properties) {
  const { say, language } = useWords();
  if (state === "closed") {
    return (
      <footer className="fz-tile__foot">
        {say("tile.closedFoot")}
        <LookBack replay={replay} />
      </footer>
    );
  }
  return (
    <footer className="fz-tile__foot" data-slow={state === "slow"}>
      <span className="fz-tile__age" data-testid="tile-age">
        {age ? ageWords(age.ageMs, say, language) : say("tile.noAge")}
      </span>
      {age && note && <span className="fz-tile__note">{note}</span>}
      <LookBack replay={replay} />
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

/** In a window of its own, so that the live picture stays: leaving the wall would close it. */
function LookBack({ replay }: { replay: string }) {
  const { say } = useWords();
  return (
    <a className="fz-tile__back" href={replay} target="flexzicht-replay" title={say("replay.lookBackHint")} data-testid="look-back">
      {say("replay.lookBack")} <Key letter="R" />
    </a>
  );
}
