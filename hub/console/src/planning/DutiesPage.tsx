// SPDX-License-Identifier: EUPL-1.2
// What an urgent deployment still owes within a day, all of it on one page, each finished where it stands.
import type { DeploymentView } from "../hub/types";
import { useCallback, useEffect, useState } from "react";
import { useAsked } from "../hub/asking";
import { failureWords } from "../hub/failure";
import type { ScreenProperties } from "../pages/screens";
import { useWords } from "../i18n/language";
import { Failed, Offline } from "../parts/Failed";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { useNamed } from "./desk";
import { sceneOf, standingOf } from "./duties";
import { DutyCard } from "./DutyCard";
import "./urgent.css";
import "./duties.css";

const NOBODY: never[] = [];

export function DutiesPage({ deployment, sought, session, nowUs, onSignedOut }: ScreenProperties & { deployment: string; sought: string | null }) {
  const { say } = useWords();
  const question = useCallback(() => sceneOf(deployment), [deployment]);
  const { answer, offline, refused, refresh } = useAsked(question, ["deployments", "plans"], onSignedOut);
  const [newer, setNewer] = useState<DeploymentView | null>(null);
  const [noted, setNoted] = useState<string | null>(null);
  const named = useNamed(answer?.people ?? NOBODY);
  useEffect(() => setNewer(null), [answer]);
  if (refused !== null) {
    return (
      <div className="fz-plans">
        <Failed failure={failureWords(refused, say)} testid="duties-refused" />
        <Back />
      </div>
    );
  }
  const away = offline && <Offline testid="duties-offline" />;
  if (answer === null || nowUs === null) {
    return (
      <div className="fz-plans">
        {away || (
          <p className="fz-plans__busy" role="status">
            {say("duties.opening")}
          </p>
        )}
      </div>
    );
  }
  const scene = newer === null ? answer : { ...answer, owing: newer };
  const { owing } = scene;
  const standings = owing.duties.map((one) => standingOf(one, nowUs));
  const late = standings.filter((one) => one === "late").length;
  const open = standings.filter((one) => one === "open" || one === "late").length;
  const first = owing.duties.find((one) => one.done_at_us === null)?.duty;
  return (
    <div className="fz-urgent fz-duties" data-testid="duties" data-deployment={owing.id} data-open={open} data-late={late}>
      <div>
        <h2 className="fz-urgent__heading">{say("duties.heading", { number: owing.number })}</h2>
        <p className="fz-duties__title">{owing.title}</p>
        {owing.urgent !== null && <p>{say("duties.urgent", { holder: owing.urgent.mandate_holder, reason: owing.urgent.reason })}</p>}
      </div>
      {away}
      {owing.state === "draft" && owing.duties.length > 0 && <Notice tone="slow" testid="duties-draft" title={say("duties.draft")} hint={say("duties.draftHint")} />}
      {owing.duties.length === 0 ? (
        <div className="fz-empty" data-testid="duties-none">
          <div>
            <h3 className="fz-empty__heading">{say("duties.none")}</h3>
            <p className="fz-empty__body">{say("duties.noneHint")}</p>
          </div>
        </div>
      ) : (
        <>
          <p className="fz-duties__count" data-testid="duties-count">
            {open === 0 ? say("duties.whole") : say("duties.count", { done: owing.duties.length - open, count: owing.duties.length })}
            {late > 0 && (
              <strong className="fz-duties__late">
                <Icon name="warning" /> {say("duties.late", { count: late })}
              </strong>
            )}
          </p>
          <p className="fz-unseen" role="status" data-testid="duties-noted">
            {noted}
          </p>
          <ol className="fz-duties__list">
            {owing.duties.map((one) => (
              <DutyCard
                key={one.duty}
                scene={scene}
                duty={one}
                account={session.name}
                nowUs={nowUs}
                first={one.duty === first}
                sought={one.duty === sought}
                named={named}
                onDone={(after, what) => {
                  setNewer(after);
                  setNoted(say("duties.noted", { what }));
                  refresh();
                }}
                onSignedOut={onSignedOut}
              />
            ))}
          </ol>
        </>
      )}
      <Back />
    </div>
  );
}

function Back() {
  const { say } = useWords();
  return (
    <p>
      <Link href="/overview">{say("duties.back")}</Link>
    </p>
  );
}
