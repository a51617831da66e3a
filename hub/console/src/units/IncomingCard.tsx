// SPDX-License-Identifier: EUPL-1.2
// A unit that wants to come in: its fingerprint, to be compared with its own label by somebody who stands beside it.
import { useEffect, useId, useRef, useState } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Icon } from "../parts/Icon";
import { moment } from "../words/times";
import { enrolments, type Enrolment } from "./api";

interface Properties {
  one: Enrolment;
  nowUs: number;
  /** its confirmation is the screen's next lawful step */
  first: boolean;
  /** it was found just now: one goes on here */
  found: boolean;
  onChanged: (deed: "confirm" | "refuse") => void;
  onSignedOut: () => void;
}

export function IncomingCard({ one, nowUs, first, found, onChanged, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [asking, setAsking] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = useId();
  useEffect(() => {
    if (found) heading.current?.focus();
  }, [found]);

  const act = (deed: "confirm" | "refuse"): void =>
    void run(async () => {
      await enrolments[deed](one);
      onChanged(deed);
    });

  return (
    <article className="fz-card fz-incoming" aria-labelledby={name} data-testid={`incoming-${one.unit}`} data-state={one.state}>
      <h3 className="fz-incoming__name" id={name} ref={heading} tabIndex={-1}>
        {say(one.kind === "new" ? "incoming.new" : "incoming.renewal", { unit: one.unit })}
      </h3>
      <p className="fz-incoming__muted">
        {one.kind === "new" ? say("incoming.claimedBy", { who: one.claimed_by ?? "" }) : say("incoming.lapsed")}
      </p>
      <Failed failure={failure} testid="incoming-refused" />
      {one.state === "confirmed" ? (
        <p className="fz-incoming__done" role="status">
          <Icon name="tick" size={16} />
          {say("incoming.confirmed")}
        </p>
      ) : (
        <>
          <h4 className="fz-incoming__label">{say("incoming.print")}</h4>
          <p className="fz-incoming__print" data-testid="incoming-print">
            {one.groups.map((group, place) => (
              <span key={place}>{group}</span>
            ))}
          </p>
          <p>{say("incoming.compare")}</p>
          {asking ? (
            <div className="fz-incoming__question" role="group">
              <p>{say(one.kind === "new" ? "incoming.refuseAsk" : "incoming.refuseAskRenewal", { unit: one.unit })}</p>
              <div className="fz-incoming__deeds">
                <Button kind="danger-deed" aria-disabled={busy} onClick={() => act("refuse")} data-testid="incoming-refuse">
                  {busy ? say("incoming.refusing") : say("incoming.refuse", { unit: one.unit })}
                </Button>
                <Button kind="secondary" onClick={() => setAsking(false)} autoFocus>
                  {say("incoming.back")}
                </Button>
              </div>
            </div>
          ) : (
            <div className="fz-incoming__deeds">
              <Button kind={first ? "primary" : "secondary"} aria-disabled={busy} onClick={() => act("confirm")} data-testid="incoming-confirm">
                {say(busy ? "incoming.confirming" : "incoming.confirm")}
              </Button>
              <Button kind="danger" onClick={() => setAsking(true)} data-testid="incoming-differs">
                {say("incoming.differs")}
              </Button>
            </div>
          )}
          <p className="fz-incoming__muted">{say("incoming.until", { time: moment(one.until_us, nowUs, language) })}</p>
        </>
      )}
    </article>
  );
}
