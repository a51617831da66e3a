// SPDX-License-Identifier: EUPL-1.2
// One's own key: whether one can sign here, and the one thing to do when not.
import { useState } from "react";
import { useDeed } from "../hub/deed";
import type { Approver, Session } from "../hub/types";
import { useWords, type Say } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Icon } from "../parts/Icon";
import type { Roster } from "./api";
import { BindForm } from "./BindForm";
import type { OwnKeyHolder } from "./own-key";
import { shortPrint } from "./short-print";
import { NoKeyHereError, registerKey, tryKey } from "./signing";
import { WaitingForYou } from "./WaitingForYou";

interface Properties {
  session: Session;
  own: OwnKeyHolder;
  roster: Roster | null;
  /** of one's own slot */
  status: Approver | null;
  nowUs: number | null;
  /** what the hub says of people has changed */
  onChanged: () => void;
  onSignedOut: () => void;
}

/** Why one cannot sign here, as title and what to do; null where one can. */
function trouble({ session, own, status }: Properties, say: Say): { title: string; body: string } | null {
  const approver = session.role === "approver";
  if (own.state === "no-store") return { title: say("failed.noStore"), body: say("failed.noStoreHint") };
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
  const { busy, failure, run } = useDeed(onSignedOut);
  const [done, setDone] = useState<"tried" | "boundNow" | null>(null);
  const wrong = trouble(properties, say);
  const approver = session.role === "approver";
  const mayBind = approver && roster !== null && status !== null && (own.state === "none" || own.state === "lost") && status.codes_left > 0;

  const noKey = (failed: unknown): boolean => {
    if (!(failed instanceof NoKeyHereError)) return false;
    own.refresh();
    return true;
  };
  const settled = (): void => {
    own.refresh();
    onChanged();
  };
  const make = (): Promise<boolean> =>
    run(async () => {
      await registerKey(session);
      settled();
    }, noKey);
  const tryIt = (slot: string, atUs: number): Promise<boolean> =>
    run(async () => {
      await tryKey(session, slot, atUs);
      setDone("tried");
      settled();
    }, noKey);

  if (session.role === "viewer") return <p className="fz-panel__muted">{say("people.own.viewer")}</p>;
  return (
    <section className="fz-card fz-panel fz-own" aria-labelledby="own-key" data-testid="own-key" data-state={own.state}>
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
      <Failed failure={failure} testid="own-key-failed" />
      <p role="status" className="fz-own__done" data-testid="own-key-done">
        {done !== null && (
          <>
            <Icon name="tick" size={13} /> {say(`people.own.${done}`)}
          </>
        )}
      </p>
      {approver && own.state === "ready" && !wrong && <WaitingForYou session={session} onSignedOut={onSignedOut} />}
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
        <Button kind="primary" aria-disabled={busy} onClick={() => void make()} data-testid="make-key">
          {say(busy ? "people.own.making" : own.state === "none" ? "people.own.make" : "people.own.renew")}
        </Button>
      )}
      {approver && own.state === "ready" && session.slot !== null && (
        <Button kind="secondary" aria-disabled={busy || nowUs === null} onClick={() => session.slot !== null && nowUs !== null && void tryIt(session.slot, nowUs)} data-testid="try-key">
          {say(busy ? "people.own.trying" : "people.own.try")}
        </Button>
      )}
    </section>
  );
}
