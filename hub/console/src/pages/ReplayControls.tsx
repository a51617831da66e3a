// SPDX-License-Identifier: EUPL-1.2
// The keys of the transport as buttons, the moment that stands, and which keys there are.
import type { ReactNode } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Key } from "../parts/Key";
import type { Screened } from "../replay/screening";
import type { Deed } from "../replay/transport";
import { clockSeconds } from "../words/times";
import { rateWords } from "./replay-words";

interface Properties {
  screened: Screened;
  onDeed: (deed: Deed) => void;
}

export function ReplayControls({ screened, onDeed }: Properties) {
  const { say, language } = useWords();
  const { rate, positionUs, part, waiting, shown } = screened;
  const open = part !== null;
  const told = [rateWords(rate, say), ...(shown.length > 1 ? [say("replay.together")] : []), ...(waiting ? [say("replay.waiting")] : [])];
  return (
    <div className="fz-replay__controls" data-density="compact">
      {open && (
        <div className="fz-replay__keys">
          <Press letter="J" word={say("replay.back")} on={rate < 0} act={() => onDeed({ do: "transport", press: "back" })} testid="back" />
          <Press letter="K" word={say("replay.still")} on={rate === 0} act={() => onDeed({ do: "transport", press: "still" })} testid="still" />
          <Press letter="L" word={say("replay.forward")} on={rate > 0} act={() => onDeed({ do: "transport", press: "forward" })} testid="forward" />
          <Press letter="," word={say("replay.framePrevious")} act={() => onDeed({ do: "frame", by: -1 })} testid="frame-previous" bare />
          <Press letter="." word={say("replay.frameNext")} act={() => onDeed({ do: "frame", by: 1 })} testid="frame-next" bare />
        </div>
      )}
      <div>
        <p className="fz-replay__moment" data-testid="position" data-us={positionUs}>
          {clockSeconds(positionUs, language)}
        </p>
        {open && (
          <p className="fz-replay__told" role="status" data-testid="rate" data-rate={rate}>
            {told.join(", ")}
          </p>
        )}
      </div>
      <div className="fz-replay__keys fz-replay__keys--range">
        <Press letter="I" word={say("replay.begin")} act={() => onDeed({ do: "begin" })} testid="begin" />
        <Press letter="O" word={say("replay.end")} act={() => onDeed({ do: "end" })} testid="end" />
        <Press letter="−" word={say("replay.zoomOut")} act={() => onDeed({ do: "zoom-out" })} testid="zoom-out" bare />
        <Press letter="+" word={say("replay.zoomIn")} act={() => onDeed({ do: "zoom-in" })} testid="zoom-in" bare />
        <Press letter="0" word={say("replay.whole")} act={() => onDeed({ do: "whole" })} testid="whole" />
      </div>
    </div>
  );
}

interface PressProperties {
  letter: string;
  word: string;
  act: () => void;
  testid: string;
  on?: boolean;
  /** only the key is drawn; the word is read out */
  bare?: boolean;
}

function Press({ letter, word, act, testid, on, bare = false }: PressProperties) {
  return (
    <Button kind={on ? "primary" : "secondary"} onClick={act} aria-pressed={on} title={word} data-testid={`press-${testid}`}>
      <span className={bare ? "fz-unseen fz-key-word" : ""}>{word}</span>
      <Key letter={letter} />
    </Button>
  );
}

function Keys({ letters, children }: { letters: readonly string[]; children: ReactNode }) {
  return (
    <span className="fz-phrase">
      {letters.map((letter) => (
        <Key key={letter} letter={letter} />
      ))}{" "}
      {children}
    </span>
  );
}

export function ReplayKeys() {
  const { say } = useWords();
  return (
    <footer className="fz-replay__footer" aria-label={say("replay.keys")}>
      <Keys letters={["J", "K", "L"]}>{say("replay.keysShuttle")}</Keys>
      <Keys letters={[",", "."]}>{say("replay.keysFrame")}</Keys>
      <Keys letters={["←", "→"]}>{say("replay.keysMove")}</Keys>
      <Keys letters={["I", "O"]}>{say("replay.keysRange")}</Keys>
      <Keys letters={["G"]}>{say("replay.keysGap")}</Keys>
      <Keys letters={["+", "−"]}>{say("replay.keysZoom")}</Keys>
    </footer>
  );
}
