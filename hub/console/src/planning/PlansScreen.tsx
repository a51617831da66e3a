// SPDX-License-Identifier: EUPL-1.2
// Plans and deployments: all of them, a new one, an urgent one and what it still owes, or one opened. Which it is stands in the address.
import { useCallback, useEffect, useState } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
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
import type { Plan } from "./types";
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
  const { town } = useTown();
  if (!known.ready || town === null || nowUs === null) return null;
  return <UrgentForm session={session} known={known} town={town} nowUs={nowUs} onSignedOut={onSignedOut} />;
}

type Loaded = { at: "loading" } | { at: "here"; plan: Plan } | { at: "none"; why: "unreachable" | "refused"; says: string };

function Opened({ id, step, session, nowUs, onSignedOut }: ScreenProperties & { id: string; step: Step | null }) {
  const { say } = useWords();
  const [loaded, setLoaded] = useState<Loaded>({ at: "loading" });
  const known = useKnown(onSignedOut);
  const { town, missing } = useTown();
  const load = useCallback(() => {
    let gone = false;
    planning.plan(id).then(
      (plan) => {
        if (!gone) setLoaded({ at: "here", plan });
      },
      (failure: unknown) => {
        if (gone) return;
        if (failure instanceof RefusedError && failure.status === 401) onSignedOut();
        else if (failure instanceof RefusedError) setLoaded({ at: "none", why: "refused", says: String(failure.problem.detail ?? "") });
        else if (failure instanceof HubUnreachableError) setLoaded({ at: "none", why: "unreachable", says: "" });
        else throw failure;
      },
    );
    return () => {
      gone = true;
    };
  }, [id, onSignedOut]);
  useEffect(() => load(), [load]);
  if (loaded.at === "none") {
    return (
      <div className="fz-plans">
        <Notice
          tone="lost"
          testid="plan-none"
          title={loaded.why === "refused" ? say("planning.none.refused") : say("planning.none.unreachable")}
          hint={loaded.why === "refused" ? loaded.says : say("planning.none.unreachableHint")}
        />
        <p>
          <Link href="/plans">{say("planning.none.back")}</Link>
        </p>
      </div>
    );
  }
  if (loaded.at === "loading" || town === null || !known.ready || nowUs === null) {
    return (
      <p className="fz-plans fz-plans__busy" role="status">
        {say("planning.opening")}
      </p>
    );
  }
  return (
    <PlanEditor plan={loaded.plan} step={step} session={session} known={known} town={town} townMissing={missing} nowUs={nowUs} onSignedOut={onSignedOut} />
  );
}
