// SPDX-License-Identifier: EUPL-1.2
// All units: who has to see to them sees what must be done before the next window, who watches sees which of them answer.
import { useUnits } from "../hub/units";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { Incoming } from "../units/Incoming";
import { Revoke } from "../units/Revoke";
import type { ScreenProperties } from "./screens";
import { UnitCard } from "./UnitCard";
import "./units.css";

export default function UnitsScreen({ session, nowUs, onSignedOut }: ScreenProperties) {
  const { say, language } = useWords();
  const { answer: units, offline, refused, refresh } = useUnits(onSignedOut);
  return (
    <div className="fz-units" data-testid="units">
      {(offline || refused !== null) && (
        <Notice tone="lost" testid="units-offline" title={say("units.offlineTitle")} hint={say("units.offlineHint")} />
      )}
      {session.role === "operator" && nowUs !== null && <Incoming nowUs={nowUs} known={units ?? []} onChanged={refresh} onSignedOut={onSignedOut} />}
      {units === null && !offline && <p className="fz-unit__muted">{say("units.busy")}</p>}
      {units?.length === 0 && (
        <p className="fz-unit__muted" data-testid="units-none">
          {say("units.none")}
        </p>
      )}
      {units && nowUs !== null && (
        <div className="fz-units__cards">
          {units.map((unit) => (
            <UnitCard key={unit.unit} unit={unit} scene={{ say, language, nowUs }}>
              {session.role === "operator" && <Revoke unit={unit} onSignedOut={onSignedOut} />}
            </UnitCard>
          ))}
        </div>
      )}
    </div>
  );
}
