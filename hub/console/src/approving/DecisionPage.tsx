// SPDX-License-Identifier: EUPL-1.2
// One decision: what its bytes say and change, who signed, and what one can do about it.
import type { Approver, DeploymentPage, TeamPerson } from "../hub/types";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { RefusedError } from "../hub/api";
import { useAsked } from "../hub/asking";
import { useWords } from "../i18n/language";
import type { ScreenProperties } from "../pages/screens";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Offline } from "../parts/Failed";
import { Notice } from "../parts/Notice";
import { Seal, sealOf } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import { people } from "../people/api";
import { useOwnKey } from "../people/own-key";
import { useTown } from "../planning/town";
import { moment } from "../words/times";
import { decisions, waits } from "./api";
import { Beside } from "./Beside";
import { compared, type ComparedRow } from "./changes";
import { DecisionSheet } from "./DecisionSheet";
import { rowsOf } from "./decision-words";
import { OwnWork, WhoCan } from "./OwnWork";
import { useReading } from "./reading";
import { isUnreadable, opened, type OpenRecord, type Unreadable } from "./record";
import { Signers } from "./Signers";
import { SignPanel, type Done } from "./SignPanel";

interface Held {
  view: DeploymentPage;
  approvers: Approver[];
  team: TeamPerson[];
  now: OpenRecord | Unreadable | null;
  before: OpenRecord | null;
}

async function held(id: string): Promise<Held> {
  const view = await decisions.one(id);
  const approvers = await people.approvers().catch((refused: unknown) => {
    if (refused instanceof RefusedError && refused.reason === "no-roster") return [];
    throw refused;
  });
  const team = await people.team();
  const now = view.decision && (await opened(view.decision, view.id));
  const before = view.previous && (await opened(view.previous, view.id));
  // What the change is against must be read too, or nobody can say what changes.
  if (before !== null && isUnreadable(before)) return { view, approvers, team, now: before, before: null };
  return { view, approvers, team, now, before };
}

export function DecisionPage(properties: ScreenProperties & { id: string }) {
  const { id, onSignedOut } = properties;
  const { say } = useWords();
  const question = useCallback(() => held(id), [id]);
  const { answer, offline, refused, refresh } = useAsked(question, ["deployments", "people"], onSignedOut);
  return (
    <div className="fz-decisions" data-testid="decision">
      <p>
        <Link href="/decisions">{say("approving.back")}</Link>
      </p>
      {offline && <Offline testid="decisions-offline" />}
      {refused && <p data-testid="decision-none">{say("approving.notFound")}</p>}
      {answer === null && !offline && refused === null && <Skeleton rows={6} />}
      {answer && <Body {...properties} held={answer} refresh={refresh} />}
    </div>
  );
}

interface BodyProperties extends ScreenProperties {
  held: Held;
  refresh: () => void;
}

function Body(properties: BodyProperties) {
  const { held: all, nowUs } = properties;
  const { say, language } = useWords();
  const { view, now } = all;
  const count = view.signatures.length;
  const landing = useLanding(count);
  const readable = now !== null && !isUnreadable(now);
  return (
    <>
      <header className="fz-decision__head">
        <Seal state={sealOf(count)} size={56} landing={landing} />
        <div>
          <h2 className="fz-decision__title">{view.title}</h2>
          <p className="fz-decision__sub" data-testid="signed-by" data-count={count} data-landing={landing}>
            {[view.number, ...(readable ? [say("approving.version", { serial: now.decision.serial })] : []), say("approving.signed", { count })].join(" · ")}
          </p>
        </div>
      </header>
      {view.urgent && (
        <p className="fz-decision__urgent">
          <Icon name="warning" size={16} />
          {say("approving.urgentBy", { holder: view.urgent.mandate_holder, reason: view.urgent.reason })}
        </p>
      )}
      {view.sent_back && (
        <Notice
          tone="slow"
          testid="sent-back"
          title={say("approving.sentBack")}
          hint={say("approving.sign.sentBack", { ...view.sent_back, time: nowUs === null ? "" : moment(view.sent_back.at_us, nowUs, language) })}
        />
      )}
      {now === null && <p data-testid="no-draft">{say("approving.noDraft")}</p>}
      {now !== null && isUnreadable(now) && (
        <Notice
          tone="lost"
          testid="unreadable"
          reason={now.flaw}
          title={say("approving.unreadable.title")}
          hint={say(`approving.unreadable.${now.flaw}`, { where: now.where })}
        />
      )}
      {readable && <Readable {...properties} record={now} />}
    </>
  );
}

/** Whether the second signature has just landed, seen from this page. */
function useLanding(count: number): boolean {
  const before = useRef(count);
  const [landing, setLanding] = useState(false);
  useEffect(() => {
    if (before.current < 2 && count >= 2) setLanding(true);
    before.current = count;
  }, [count]);
  return landing;
}

function Readable(properties: BodyProperties & { record: OpenRecord }) {
  const { session, held: all, record, nowUs, refresh, onSignedOut } = properties;
  const { say, language } = useWords();
  const { view, approvers, team, before } = all;
  const list = useRef<HTMLDListElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const own = useOwnKey(session, onSignedOut);
  const { town } = useTown(onSignedOut);
  const read = useReading(record.digest, list, bar);
  const [refusedFor, setRefusedFor] = useState<string | null>(null);
  // With the second signature nothing waits any more: that one has just signed is said all the same.
  const [signed, setSigned] = useState<{ digest: string; done: Done } | null>(null);
  const done = signed?.digest === record.digest ? signed.done : null;
  const rows = useMemo((): ComparedRow[] => {
    const earlier = before && rowsOf(before.decision, { say, language, prints: before.prints });
    return compared(rowsOf(record.decision, { say, language, prints: record.prints }), earlier);
  }, [record, before, say, language]);
  const names = useMemo(() => new Map(team.flatMap((one) => (one.fingerprint ? [[one.fingerprint, one.display] as const] : []))), [team]);
  const waiting = waits(view);
  const madeIt = waiting && view.created_by === session.name;
  const able = approvers
    .filter((one) => one.state === "bound" && one.slot !== session.slot && !view.signatures.some((signed) => signed.slot === one.slot))
    .filter((one) => !refusedFor || refusedFor.split(", ").includes(one.person ?? one.name))
    .map((one) => ({
      name: one.person ?? one.name,
      tried: one.last_tried_at_us !== null && nowUs !== null ? say("people.tried", { time: moment(one.last_tried_at_us, nowUs, language) }) : say("people.neverTried"),
    }));
  const ownWork = madeIt || refusedFor !== null;
  const signs = (waiting || done !== null) && session.role === "approver" && !ownWork;
  return (
    <div className="fz-decision__columns">
      <div className="fz-decision__text">
        {ownWork && <OwnWork nowUs={nowUs} />}
        <Beside warnings={view.warnings} alternatives={view.alternatives} />
        <DecisionSheet record={record} rows={rows} names={names} list={list} town={town} title={say(signs ? "approving.sheet.title" : "approving.sheet.titleRead")} />
      </div>
      <aside className="fz-decision__side">
        {signs && (
          <SignPanel
            session={session}
            own={own}
            view={view}
            record={record}
            rows={rows}
            read={read}
            before={before?.decision.serial ?? null}
            bar={bar}
            done={done}
            onSigned={(now) => setSigned({ digest: record.digest, done: now })}
            onChanged={refresh}
            onOwnWork={setRefusedFor}
            onSignedOut={onSignedOut}
          />
        )}
        {waiting && session.role !== "approver" && !ownWork && <p className="fz-panel__muted">{say("approving.sign.onlyApprovers")}</p>}
        {ownWork ? <WhoCan able={able} /> : <Signers session={session} view={view} approvers={approvers} nowUs={nowUs} />}
      </aside>
    </div>
  );
}
