// SPDX-License-Identifier: EUPL-1.2
// Plans and deployments: all of them, a new one, an urgent one and what it still owes, or one opened. Which it is stands in the address.
import { useCallback } from "react";
import { useAsked } from "../hub/asking";
import { failureWords } from "../hub/failure";
import { usePath } from "../hub/place";
import { useWords } from "../i18n/language";
import type { ScreenProperties } from "../pages/screens";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { planning } from "./api";
import { useKnown } from "./desk";
import { DutiesPage } from "./DutiesPage";
import { PlanEditor } from "./PlanEditor";
import { PlansList } from "./PlansList";
import { STEPS, type Step } from "./steps";
import { useTown } from "./town";
import { UrgentForm } from "./UrgentForm";
import "./plan.css";
import "./fields.css";

export default function PlansScreen(properties: ScreenProperties) {
  const path = usePath();
  const [, , second, third, fourth] = path.split("/");
  if (second === "urgent" && third) return <DutiesPage key={third} deployment={third} sought={fourth ?? null} {...properties} />;
  if (second === "urgent") return <Urgent {...properties} />;
  if (second !== undefined && second !== "") return <Opened key={second} id={second} step={STEPS.find((one) => one === third) ?? null} {...properties} />;
  return <PlansList {...properties} />;
}

function Urgent({ session, nowUs, onSignedOut }: ScreenProperties) {
  const known = useKnown(onSignedOut);
  const { town } = useTown(onSignedOut);
  if (!known.ready || town === null || nowUs === null) return null;
  return <UrgentForm session={session} known={known} town={town} nowUs={nowUs} onSignedOut={onSignedOut} />;
}

function Opened({ id, step, session, nowUs, onSignedOut }: ScreenProperties & { id: string; step: Step | null }) {
  const { say } = useWords();
  const question = useCallback(() => planning.plan(id), [id]);
  const { answer: plan, offline, refused } = useAsked(question, [], onSignedOut, "until-answered");
  const known = useKnown(onSignedOut);
  const { town, missing } = useTown(onSignedOut);
  if (plan === null && (offline || refused !== null)) {
    return (
      <div className="fz-plans">
        <Notice
          tone="lost"
          testid="plan-none"
          title={say(refused === null ? "failed.unreachable" : "planning.none.refused")}
          hint={refused === null ? say("planning.none.unreachableHint") : failureWords(refused, say).hint}
        />
        <p>
          <Link href="/plans">{say("planning.none.back")}</Link>
        </p>
      </div>
    );
  }
  if (plan === null || town === null || !known.ready || nowUs === null) {
    return (
      <p className="fz-plans fz-plans__busy" role="status">
        {say("planning.opening")}
      </p>
    );
  }
  return (
    <PlanEditor plan={plan} step={step} session={session} known={known} town={town} townMissing={missing} nowUs={nowUs} onSignedOut={onSignedOut} />
  );
}
