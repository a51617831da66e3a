// SPDX-License-Identifier: EUPL-1.2
// A unit that wants to come in: its fingerprint, to be compared with its own label by somebody who stands beside it.
import { useEffect, useId, useRef, useState } from "react";
import { RefusedError } from "../hub/api";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { failureWords, type FailureWords } from "../people/failure";
import { moment } from "../words/times";
import { enrolments, type Enrolment } from "./api";

interface Properties {
  one: Enrolment;
  nowUs: number;
  /** its confirmation is the screen's next lawful step */
  first: boolean;
  /** it was found just now: one goes on here */
  found: boolean;
  onChanged: () => void;
  onSignedOut: () => void;
}

export function IncomingCard({ one, nowUs, first, found, onChanged, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [busy, setBusy] = useState<"confirm" | "refuse" | null>(null);
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<FailureWords | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = useId();
  useEffect(() => {
    if (found) heading.current?.focus();
  }, [found]);

  async function act(deed: "confirm" | "refuse"): Promise<void> {
    if (busy) return;
    setBusy(deed);
    setFailure(null);
    try {
      await enrolments[deed](one);
      onChanged();
    } catch (refused) {
      if (refused instanceof RefusedError && refused.status === 401) return onSignedOut();
      setFailure(failureWords(refused, say));
    } finally {
      setBusy(null);
    }
  }

  return (
    <article className="fz-incoming" aria-labelledby={name} data-testid={`incoming-${one.unit}`} data-state={one.state}>
      <h3 className="fz-incoming__name" id={name} ref={heading} tabIndex={-1}>
        {say(one.kind === "new" ? "incoming.new" : "incoming.renewal", { unit: one.unit })}
      </h3>
      <p className="fz-incoming__muted">
        {one.kind === "new" ? say("incoming.claimedBy", { who: one.claimed_by ?? "" }) : say("incoming.lapsed")}
      </p>
      {failure && <Notice tone="lost" testid="incoming-refused" title={failure.title} hint={failure.hint} reason={failure.reason} />}
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
                <Button kind="danger-deed" aria-disabled={busy !== null} onClick={() => void act("refuse")} data-testid="incoming-refuse">
                  {busy === "refuse" ? say("incoming.refusing") : say("incoming.refuse", { unit: one.unit })}
                </Button>
                <Button kind="secondary" onClick={() => setAsking(false)} autoFocus>
                  {say("incoming.back")}
                </Button>
              </div>
            </div>
          ) : (
            <div className="fz-incoming__deeds">
              <Button kind={first ? "primary" : "secondary"} aria-disabled={busy !== null} onClick={() => void act("confirm")} data-testid="incoming-confirm">
                {say(busy === "confirm" ? "incoming.confirming" : "incoming.confirm")}
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
