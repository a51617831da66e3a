// SPDX-License-Identifier: EUPL-1.2
// What a plan stands on: the regime first, for everything else follows from it; then the designated area, the
// consultation, and in one sentence for everybody why cameras are needed.
import { useWords } from "../../i18n/language";
import { Field } from "../../parts/Field";
import { TextArea } from "../../parts/TextArea";
import type { Desk } from "../desk";
import { Choice, Figure, Pick, wrongWith } from "../fields";
import { calendarDay } from "../local-time";
import { RegimeSays } from "./RegimeSays";

const PROSE_MOST = 500;

export function Ground({ desk }: { desk: Desk }) {
  const { say, language } = useWords();
  const { body, title, known, locked, findings } = desk;
  const designation = known.designations.find((one) => one.id === body.designation) ?? null;
  return (
    <div className="fz-form">
      <Field
        label={say("planning.ground.title")}
        value={title}
        maxLength={120}
        disabled={locked}
        wrong={wrongWith(findings, "title")}
        data-testid="plan-title"
        onChange={(event) => desk.editTitle(event.target.value)}
      />
      <Choice
        label={say("planning.ground.regime")}
        hint={say("planning.ground.regimeHint")}
        options={known.regimes.map((one) => ({ value: one.regime, title: one.law, says: <RegimeSays regime={one} /> }))}
        value={body.regime ?? null}
        wrong={wrongWith(findings, "regime")}
        disabled={locked}
        testid="regime"
        onValue={(regime) => desk.edit({ regime }, "regime")}
      />
      <Pick
        label={say("planning.ground.designation")}
        hint={
          designation === null
            ? known.designations.length === 0
              ? say("planning.ground.noDesignation")
              : undefined
            : say("planning.ground.designationSays", {
                publication: designation.publication ?? say("planning.ground.unpublished"),
                until: calendarDay(designation.valid_to_us, language),
              })
        }
        value={body.designation ?? ""}
        options={known.designations.map((one) => ({ value: one.id, title: one.name }))}
        empty={say("planning.choose")}
        wrong={wrongWith(findings, "designation")}
        disabled={locked}
        testid="designation"
        onValue={(id) => {
          const chosen = known.designations.find((one) => one.id === id) ?? null;
          const empty = (body.area?.length ?? 0) === 0;
          desk.edit({ designation: chosen?.id ?? null, ...(empty && chosen !== null ? { area: chosen.area } : {}) }, "designation");
        }}
      />
      <TextArea
        label={say("planning.ground.necessity")}
        hint={say("planning.ground.necessityHint")}
        value={body.necessity ?? ""}
        maxLength={PROSE_MOST}
        rows={3}
        disabled={locked}
        wrong={wrongWith(findings, "necessity")}
        data-testid="necessity"
        onChange={(event) => desk.edit({ necessity: event.target.value }, "necessity")}
      />
      <TextArea
        label={say("planning.ground.alternatives")}
        hint={say("planning.ground.alternativesHint")}
        value={body.alternatives ?? ""}
        maxLength={PROSE_MOST}
        rows={3}
        disabled={locked}
        wrong={wrongWith(findings, "alternatives")}
        data-testid="alternatives"
        onChange={(event) => desk.edit({ alternatives: event.target.value }, "alternatives")}
      />
      <Field
        label={say("planning.ground.consultation")}
        value={body.consultation ?? ""}
        maxLength={150}
        disabled={locked}
        wrong={wrongWith(findings, "consultation")}
        data-testid="consultation"
        onChange={(event) => desk.edit({ consultation: event.target.value }, "consultation")}
      />
      <Figure
        label={say("planning.ground.expected")}
        unit=""
        value={body.expected_people ?? null}
        digits={0}
        low={0}
        high={10_000_000}
        disabled={locked}
        testid="expected-people"
        onValue={(value) => desk.edit({ expected_people: Math.round(value) }, "expected people")}
      />
    </div>
  );
}
