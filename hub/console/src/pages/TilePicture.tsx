// SPDX-License-Identifier: EUPL-1.2
// The picture itself, and what lies on it: the band when it is not now, and the note when it was never live.
import { useWords, type Say } from "../i18n/language";
import { clockSeconds } from "../words/times";

interface Properties {
  name: string;
  shown: boolean;
  stale: { sinceUs: number; words: string } | null;
  /** when the picture that a person holds was filmed */
  frozenUs: number | null;
  sourceNote: string | null;
  attach: (canvas: HTMLCanvasElement | null) => void;
}

/** The demo's films have names that both languages have words for; any other note is shown as it is. */
export function sourceWords(note: string, say: Say): string {
  if (note === "street-1906") return say("tile.sourceStreet");
  return note === "own-film" ? say("tile.sourceOwn") : note;
}

export function TilePicture({ name, shown, stale, frozenUs, sourceNote, attach }: Properties) {
  const { say, language } = useWords();
  return (
    <div className={shown ? "fz-picture" : "fz-picture fz-picture--none"} data-stale={stale !== null}>
      <canvas
        ref={attach}
        className="fz-picture__canvas"
        width={640}
        height={360}
        role="img"
        aria-label={say("tile.canvas", { name })}
        data-testid="tile-canvas"
      />
      {shown && sourceNote && (
        <p className="fz-picture__source" data-testid="tile-source-note">
          {say("tile.source", { note: sourceWords(sourceNote, say) })}
        </p>
      )}
      {frozenUs !== null && (
        <p className="fz-picture__held" data-testid="tile-frozen">
          <strong>{say("tile.frozenAt", { time: clockSeconds(frozenUs, language) })}</strong> {say("tile.bandNotNow")}
        </p>
      )}
      {stale && (
        <div className="fz-picture__band" data-testid="tile-band">
          <p className="fz-picture__since">{say("tile.bandSince", { time: clockSeconds(stale.sinceUs, language) })}</p>
          <p>{stale.words}</p>
        </div>
      )}
    </div>
  );
}
