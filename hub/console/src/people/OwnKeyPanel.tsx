// SPDX-License-Identifier: EUPL-1.2
// One's own key: whether one can sign here, and the one thing to do when not.
import { useState } from "react";
import { RefusedError } from "../hub/api";
import type { Session } from "../hub/types";
import { useWords, type Say } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import type { ApproverStatus, Roster } from "./api";
import { BindForm } from "./BindForm";
import { failureWords, shortPrint, type FailureWords } from "./failure";
import type { OwnKeyHolder } from "./own-key";
import { NoKeyHereError, registerKey, tryKey } from "./signing";

interface Properties {
  session: Session;
  own: OwnKeyHolder;
  roster: Roster | null;
  /** of one's own slot */
  status: ApproverStatus | null;
  nowUs: number | null;
  /** what the hub says of people has changed */
  onChanged: () => void;
  onSignedOut: () => void;
}

type Deed = "make" | "try";

/** Why one cannot sign here, as title and what to do; null where one can. */
function trouble({ session, own, status }: Properties, say: Say): { title: string; body: string } | null {
  const approver = session.role === "approver";
  if (own.state === "no-store") return { title: say("people.own.noStore"), body: say("people.own.noStoreBody") };
  if (approver && session.slot === null) return { title: say("people.own.noSlot"), body: say("people.own.noSlotBody") };
  if (own.state === "none") {
    return { title: say("people.own.none"), body: say(approver ? "people.own.noneApprover" : "people.own.noneTeam") };
  }
  if (own.state !== "lost") return null;
  const spent = approver && status?.codes_left === 0;
  const body = spent ? "people.own.lostNone" : approver ? "people.own.lostApprover" : "people.own.lostTeam";
  return { title: say("people.own.lost"), body: say(body) };
}

export function OwnKeyPanel(properties: Properties) {
  const { session, own, roster, status, nowUs, onChanged, onSignedOut } = properties;
  const { say } = useWords();
  const [busy, setBusy] = useState<Deed | null>(null);
  const [done, setDone] = useState<"tried" | "boundNow" | null>(null);
  const [failure, setFailure] = useState<FailureWords | null>(null);
  const wrong = trouble(properties, say);
  const approver = session.role === "approver";
  const mayBind = approver && roster !== null && status !== null && (own.state === "none" || own.state === "lost") && status.codes_left > 0;

  async function act(deed: Deed): Promise<void> {
    if (busy !== null) return;
    setBusy(deed);
    setFailure(null);
    try {
      if (deed === "make") await registerKey(session);
      else if (session.slot !== null && nowUs !== null) {
        await tryKey(session, session.slot, nowUs);
        setDone("tried");
      }
      own.refresh();
      onChanged();
    } catch (refused) {
      if (refused instanceof RefusedError && refused.status === 401) return onSignedOut();
      if (refused instanceof NoKeyHereError) own.refresh();
      else setFailure(failureWords(refused, say));
    } finally {
      setBusy(null);
    }
  }

  if (session.role === "viewer") return <p className="fz-panel__muted">{say("people.own.viewer")}</p>;
  return (
    <section className="fz-panel fz-own" aria-labelledby="own-key" data-testid="own-key" data-state={own.state}>
      <h2 className="fz-panel__heading" id="own-key">
        {say("people.own.heading")}
      </h2>
      {own.state === "asking" && <p className="fz-panel__muted">{say("people.own.asking")}</p>}
      {wrong && (
        <>
          <p className="fz-own__state fz-own__state--open">
            <Icon name="warning" size={16} />
            {wrong.title}
          </p>
          <p>{wrong.body}</p>
        </>
      )}
      {own.state === "ready" && !wrong && (
        <>
          <p className="fz-own__state" data-testid="own-key-ready">
            <Icon name="tick" size={16} />
            {say("people.own.ready")}
          </p>
          {own.fingerprint && <p className="fz-own__print">{say("people.print", { print: shortPrint(own.fingerprint) })}</p>}
          <p className="fz-panel__muted">{say("people.own.readyBody")}</p>
        </>
      )}
      {failure && <Notice tone="lost" testid="own-key-failed" title={failure.title} hint={failure.hint} reason={failure.reason} />}
      <p role="status" className="fz-own__done" data-testid="own-key-done">
        {done !== null && (
          <>
            <Icon name="tick" size={13} /> {say(`people.own.${done}`)}
          </>
        )}
      </p>
      {mayBind && (
        <BindForm
          session={session}
          roster={roster}
          status={status}
          onSignedOut={onSignedOut}
          onBound={() => {
            setDone("boundNow");
            own.refresh();
            onChanged();
          }}
        />
      )}
      {!approver && (own.state === "none" || own.state === "lost") && (
        <Button kind="primary" aria-disabled={busy !== null} onClick={() => void act("make")} data-testid="make-key">
          {say(busy === "make" ? "people.own.making" : own.state === "none" ? "people.own.make" : "people.own.renew")}
        </Button>
      )}
      {approver && own.state === "ready" && (
        <Button kind="primary" aria-disabled={busy !== null || nowUs === null} onClick={() => void act("try")} data-testid="try-key">
          {say(busy === "try" ? "people.own.trying" : "people.own.try")}
        </Button>
      )}
    </section>
  );
}
