// SPDX-License-Identifier: EUPL-1.2
// What a dark tile says, and the one button that makes a look.
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import type { TileWords } from "./tile-words";

interface Properties {
  words: TileWords;
  lost: boolean;
  lead: boolean;
  onWatch: () => void;
}

export function TileMessage({ words, lost, lead, onWatch }: Properties) {
  const { say } = useWords();
  return (
    <div className={lost ? "fz-message fz-message--lost" : "fz-message"} data-testid="tile-message">
      <p className="fz-message__title">{words.title}</p>
      <p className="fz-message__body">{words.body}</p>
      {words.button && (
        <Button kind={lead ? "primary" : "secondary"} data-testid="watch" onClick={onWatch}>
          {words.button === "watch" ? say("tile.watch") : say("tile.watchAgain")}
        </Button>
      )}
    </div>
  );
}
