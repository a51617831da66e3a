// SPDX-License-Identifier: EUPL-1.2
// The decisions: which wait for signatures, which stand; and of the one that the address names, all of it.
import { useAsked } from "../hub/asking";
import { usePath } from "../hub/place";
import type { DeploymentView } from "../hub/types";
import { useWords } from "../i18n/language";
import type { ScreenProperties } from "../pages/screens";
import { Link } from "../parts/Link";
import { Offline } from "../parts/Failed";
import { Seal, sealOf } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import { decisions, waits } from "./api";
import { DecisionPage } from "./DecisionPage";
import "../pages/panel.css";
import "./approving.css";

const ROOT = "/decisions";
const ID = /^\/decisions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function decisionPath(deployment: string): string {
  return `${ROOT}/${deployment}`;
}

export default function DecisionsScreen(properties: ScreenProperties) {
  const id = ID.exec(usePath())?.[1];
  return id === undefined ? <DecisionList {...properties} /> : <DecisionPage key={id} id={id} {...properties} />;
}

function DecisionList({ session, onSignedOut }: ScreenProperties) {
  const { say } = useWords();
  const { answer, offline } = useAsked(decisions.all, ["deployments"], onSignedOut);
  const waiting = answer?.filter(waits) ?? [];
  const standing = answer?.filter((one) => one.decision !== null && !waits(one)) ?? [];
  const returned = answer?.filter((one) => one.sent_back !== null && !waits(one)) ?? [];
  return (
    <div className="fz-decisions" data-testid="decisions">
      {offline && <Offline testid="decisions-offline" />}
      <p className="fz-lead">{say("approving.listLead")}</p>
      {answer === null && !offline && <Skeleton />}
      {answer && (
        <>
          <Group heading={say("approving.waiting")} none={say("approving.waitingNone")} all={waiting} signs={session.role === "approver"} testid="waiting" />
          {returned.length > 0 && <Group heading={say("approving.sentBack")} none="" all={returned} signs={false} testid="sent-back" />}
          <Group heading={say("approving.decided")} none={say("approving.decidedNone")} all={standing} signs={false} testid="decided" />
        </>
      )}
    </div>
  );
}

interface GroupProperties {
  heading: string;
  none: string;
  all: readonly DeploymentView[];
  signs: boolean;
  testid: string;
}

function Group({ heading, none, all, signs, testid }: GroupProperties) {
  const { say } = useWords();
  return (
    <section className="fz-card fz-panel" data-testid={`list-${testid}`}>
      <h2 className="fz-panel__heading">{heading}</h2>
      {all.length === 0 && <p className="fz-panel__muted">{none}</p>}
      <ul className="fz-card__list">
        {all.map((one) => (
          <li key={one.id} className="fz-decisions__one" data-deployment={one.id}>
            <Seal state={sealOf(one.signatures.length)} size={32} />
            <div className="fz-decisions__words">
              <p className="fz-card__name">
                {one.number} {one.title} {one.urgent && <strong className="fz-decisions__urgent">{say("approving.urgent")}</strong>}
              </p>
              <p className="fz-panel__muted">{say("approving.signed", { count: one.signatures.length })}</p>
            </div>
            <Link href={decisionPath(one.id)} className={signs ? "fz-button fz-button--secondary" : "fz-link"} data-testid="open-decision">
              {say(signs ? "approving.read" : "approving.look")}
              <span className="fz-unseen"> {one.number}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
