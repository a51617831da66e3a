// SPDX-License-Identifier: EUPL-1.2
// Above the units that there are: those that want to come in, and the field for the code of a new one.
import { useState } from "react";
import { useAsked } from "../hub/asking";
import type { Thing } from "../hub/changes";
import type { Unit } from "../hub/units";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { incoming } from "./api";
import { ClaimForm } from "./ClaimForm";
import { doneWords, type Done } from "./done";
import { IncomingCard } from "./IncomingCard";
import "./incoming.css";

const TOLD: readonly Thing[] = ["units"];

interface Properties {
  nowUs: number;
  /** those that are in */
  known: readonly Unit[];
  /** one was let in, or turned away */
  onChanged: () => void;
  onSignedOut: () => void;
}

export function Incoming({ nowUs, known, onChanged, onSignedOut }: Properties) {
  const { say } = useWords();
  const { answer, refresh } = useAsked(incoming, TOLD, onSignedOut);
  const [found, setFound] = useState<string | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const waiting = answer ?? [];
  const first = waiting.find((one) => one.state === "claimed")?.enrolment;
  return (
    <div className="fz-comes" data-testid="incoming">
      {waiting.length > 0 && (
        <section className="fz-comes__part" aria-labelledby="fz-incoming">
          <h2 id="fz-incoming">{say("incoming.heading")}</h2>
          <div className="fz-comes__cards">
            {waiting.map((one) => (
              <IncomingCard
                key={one.enrolment}
                one={one}
                nowUs={nowUs}
                first={one.enrolment === first}
                found={one.enrolment === found}
                onChanged={(deed) => {
                  setDone({ unit: one.unit, deed });
                  refresh();
                  onChanged();
                }}
                onSignedOut={onSignedOut}
              />
            ))}
          </div>
        </section>
      )}
      <section className="fz-comes__part" aria-labelledby="fz-claim">
        <h2 id="fz-claim">{say("incoming.claimHeading")}</h2>
        <p role="status" className="fz-incoming__done" data-testid="incoming-done">
          {done && (
            <>
              <Icon name="tick" size={16} />
              {say(doneWords(done, known), { unit: done.unit })}
            </>
          )}
        </p>
        <ClaimForm
          onClaimed={(one) => {
            setFound(one.enrolment);
            refresh();
          }}
          onSignedOut={onSignedOut}
        />
      </section>
    </div>
  );
}
