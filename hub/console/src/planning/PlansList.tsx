// SPDX-License-Identifier: EUPL-1.2
// All plans and deployments, what state each is in and what is to be done next: what waits for a planner first.
import { useState } from "react";
import { goTo } from "../hub/place";
import { useAsked } from "../hub/asking";
import { useDeed } from "../hub/deed";
import { failureWords } from "../hub/failure";
import { useWords } from "../i18n/language";
import type { ScreenProperties } from "../pages/screens";
import { Button } from "../parts/Button";
import { Failed, Offline } from "../parts/Failed";
import { Icon, type IconName } from "../parts/Icon";
import { Link } from "../parts/Link";
import { moment } from "../words/times";
import { planning } from "./api";
import { useKnown, useNamed } from "./desk";
import { nextPath, rowsOf, type Row, type RowState } from "./listing";
import { NewPlan } from "./NewPlan";

const icons: Record<RowState, IconName> = {
  "sent-back": "warning",
  editing: "square",
  submitted: "clock",
  decided: "tick",
  open: "disc",
  over: "shut",
};

async function everything(): Promise<Row[]> {
  const [plans, deployments] = await Promise.all([planning.plans(), planning.deployments()]);
  return rowsOf(plans, deployments);
}

function useRowWords(): (row: Row) => { state: string; next: string } {
  const { say } = useWords();
  return (row) => {
    const words: Record<RowState, { state: string; next: string }> = {
      "sent-back": { state: say("planning.state.sentBack"), next: say("planning.todo.sentBack") },
      editing: { state: say("planning.state.editing"), next: say("planning.todo.editing") },
      submitted: { state: say("planning.state.submitted", { count: row.signed }), next: say("planning.todo.submitted") },
      decided: { state: say("planning.state.decided"), next: say("planning.todo.decided") },
      open: { state: say("planning.state.open"), next: say("planning.todo.open") },
      over: { state: say("planning.state.over"), next: say("planning.todo.over") },
    };
    return words[row.state];
  };
}

export function PlansList({ nowUs, onSignedOut }: ScreenProperties) {
  const { say } = useWords();
  const { answer, offline, refused } = useAsked(everything, ["plans", "deployments"], onSignedOut);
  const { known } = useKnown(onSignedOut);
  const named = useNamed(known.people);
  const [making, setMaking] = useState(false);
  return (
    <div className="fz-plans" data-testid="plans">
      <div className="fz-plans__head">
        <h2 className="fz-plans__heading">{say("planning.list.heading")}</h2>
        <div className="fz-plans__deeds">
          <Button kind="secondary" data-testid="urgent" onClick={() => goTo("/plans/urgent")}>
            <Icon name="clock" /> {say("planning.list.urgent")}
          </Button>
          <Button kind="primary" data-testid="new-plan" onClick={() => setMaking(true)}>
            {say("planning.list.new")}
          </Button>
        </div>
      </div>
      {offline && <Offline testid="plans-offline" />}
      <Failed failure={refused && failureWords(refused, say)} testid="plans-refused" />
      {answer === null && !offline && refused === null && (
        <p className="fz-plans__busy" role="status">
          {say("planning.list.busy")}
        </p>
      )}
      {answer !== null && answer.length === 0 && (
        <div className="fz-empty" data-testid="plans-none">
          <div>
            <h3 className="fz-empty__heading">{say("planning.list.none")}</h3>
            <p className="fz-empty__body">{say("planning.list.noneHint")}</p>
          </div>
        </div>
      )}
      {answer !== null && answer.length > 0 && (
        <ul className="fz-rows">
          {answer.map((row) => (
            <PlanRow key={row.key} row={row} nowUs={nowUs} named={named} onSignedOut={onSignedOut} />
          ))}
        </ul>
      )}
      {making && <NewPlan known={known} onSignedOut={onSignedOut} onClose={() => setMaking(false)} />}
    </div>
  );
}

function PlanRow({ row, nowUs, named, onSignedOut }: { row: Row; nowUs: number | null; named: (account: string) => string; onSignedOut: () => void }) {
  const { say, language } = useWords();
  const words = useRowWords()(row);
  const { busy, failure, run } = useDeed(onSignedOut);
  const { plan, deployment } = row;
  const to = nextPath(row);
  const revise = (): void => {
    if (deployment !== null) void run(async () => goTo(`/plans/${(await planning.revise(deployment.id)).id}`));
  };
  const title = (
    <>
      {row.number !== null && <span className="fz-phrase">{row.number}</span>} {row.title === "" ? say("planning.untitled") : row.title}
    </>
  );
  return (
    <li className={`fz-plans__row fz-plans__row--${row.state}`} data-testid="plan-row" data-state={row.state} data-plan={plan?.id}>
      <span className="fz-plans__state">
        <Icon name={icons[row.state]} size={14} /> {words.state}
        {row.urgent && <span className="fz-plans__urgent">{say("planning.list.flagged")}</span>}
      </span>
      <span className="fz-plans__what">
        {plan === null ? <span className="fz-plans__title">{title}</span> : <Link href={`/plans/${plan.id}`} className="fz-link fz-plans__title">{title}</Link>}
        {plan !== null && nowUs !== null && (
          <span className="fz-plans__by">{say("planning.list.changed", { who: named(plan.changed_by), time: moment(plan.changed_at_us, nowUs, language) })}</span>
        )}
      </span>
      <span className="fz-plans__next">
        {to === null ? <span>{words.next}</span> : <Link href={to}>{words.next}</Link>}
        {failure !== null && <span role="alert">{`${failure.title} ${failure.hint}`}</span>}
        {(row.state === "decided" || row.state === "open") && (
          <Button kind="secondary" data-testid="revise" aria-disabled={busy} onClick={revise}>
            {say("planning.list.revise")}
          </Button>
        )}
      </span>
    </li>
  );
}
