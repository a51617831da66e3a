// SPDX-License-Identifier: EUPL-1.2
// The area of a designation: taken from another, typed corner by corner, pasted as GeoJSON or pressed on the map. All of
// them write one text, so nothing that was typed is lost; the map beside it shows what the text says.
import { useState } from "react";
import { useWords, type Language, type Say } from "../i18n/language";
import { Button } from "../parts/Button";
import { TextArea } from "../parts/TextArea";
import { Pick } from "../planning/fields";
import { calendarDay } from "../planning/local-time";
import { areaM2 } from "../planning/plane";
import { useTown } from "../planning/town";
import type { Designation } from "../planning/types";
import { grouped } from "../words/numbers";
import { AreaPreview } from "./AreaPreview";
import { cornersOf, linesOf, withCorner, type Fault } from "./corners";

const ROWS = 8;

function faultWords(fault: Fault, say: Say): string {
  if (fault.why === "line") return say("grounds.area.fault.line", { line: fault.line });
  return {
    geojson: say("grounds.area.fault.geojson"),
    holes: say("grounds.area.fault.holes"),
    several: say("grounds.area.fault.several"),
    few: say("grounds.area.fault.few"),
    many: say("grounds.area.fault.many"),
    crosses: say("grounds.area.fault.crosses"),
  }[fault.why];
}

function titleOf(one: Designation, language: Language): string {
  return `${one.name} (${calendarDay(one.valid_from_us, language)})`;
}

interface Properties {
  text: string;
  designations: readonly Designation[];
  /** the form was sent: what is missing is wrong from now on */
  tried: boolean;
  /** the hub refused the border */
  suspect: boolean;
  onText: (text: string) => void;
  onSignedOut: () => void;
}

export function AreaField({ text, designations, tried, suspect, onText, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const { town } = useTown(onSignedOut);
  const [drawing, setDrawing] = useState(false);
  const { corners, fault } = cornersOf(text);
  const unfinished = fault?.why === "few" && !tried;
  const wrong = fault !== null && !unfinished ? faultWords(fault, say) : suspect ? say("grounds.area.fault.refused") : null;
  const same = designations.find((one) => linesOf(one.area) === text);
  return (
    <fieldset className="fz-ground-area">
      <legend className="fz-choice__label">{say("grounds.area.legend")}</legend>
      <div className="fz-ground-area__text">
        {designations.length > 0 && (
          <Pick
            label={say("grounds.area.take")}
            value={same?.id ?? ""}
            options={designations.map((one) => ({ value: one.id, title: titleOf(one, language) }))}
            empty={say("grounds.area.own")}
            disabled={false}
            testid="area-take"
            onValue={(id) => {
              const chosen = designations.find((one) => one.id === id);
              if (chosen !== undefined) onText(linesOf(chosen.area));
            }}
          />
        )}
        <TextArea
          label={say("grounds.area.corners")}
          hint={say("grounds.area.cornersHint")}
          rows={ROWS}
          spellCheck={false}
          autoComplete="off"
          wrong={wrong}
          value={text}
          data-testid="area-text"
          onChange={(event) => onText(event.target.value)}
        />
        <p role="status" data-testid="area-size" data-corners={corners.length}>
          {fault === null
            ? say("grounds.area.size", { count: corners.length, m2: grouped(Math.round(areaM2(corners))) })
            : say("grounds.area.read", { count: corners.length })}
        </p>
      </div>
      {town !== null && (
        <div className="fz-ground-area__map">
          <AreaPreview town={town} corners={corners} drawing={drawing} onPress={(place) => onText(withCorner(text, place))} />
          <div className="fz-ground-form__deeds">
            <Button kind="secondary" aria-pressed={drawing} data-testid="area-draw" onClick={() => setDrawing(!drawing)}>
              {drawing ? say("grounds.area.drawn") : say("grounds.area.draw")}
            </Button>
            {text !== "" && (
              <Button kind="secondary" data-testid="area-clear" onClick={() => onText("")}>
                {say("grounds.area.clear")}
              </Button>
            )}
          </div>
          {drawing && (
            <p className="fz-grounds__muted" role="status">
              {say("grounds.area.drawing")}
            </p>
          )}
        </div>
      )}
    </fieldset>
  );
}
