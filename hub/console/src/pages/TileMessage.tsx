// SPDX-License-Identifier: EUPL-1.2
// What a dark tile says, and the one button that makes a look.
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { LogNumber } from "../parts/Link";
import type { TileWords } from "./tile-words";

interface Properties {
  words: TileWords;
  /** the number of the look that ended here */
  logIndex: number | null;
  lost: boolean;
  onWatch: () => void;
}

export function TileMessage({ words, logIndex, lost, onWatch }: Properties) {
  const { say } = useWords();
  return (
    <div className={lost ? "fz-message fz-message--lost" : "fz-message"} data-testid="tile-message">
      <p className="fz-message__title">{words.title}</p>
      {words.body.map((line) => (
        <p className="fz-message__body" key={line}>
          {line}
        </p>
      ))}
      {logIndex !== null && (
        <p className="fz-message__body">
          {say("look.loggedBefore")} <LogNumber index={logIndex} />
        </p>
      )}
      {words.button && (
        <Button kind="secondary" data-testid="watch" onClick={onWatch}>
          {words.button === "watch" ? say("tile.watch") : say("tile.watchAgain")}
        </Button>
      )}
    </div>
  );
}
