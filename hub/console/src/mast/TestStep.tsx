// SPDX-License-Identifier: EUPL-1.2
// The self-test: what is wrong first, in one sentence, then "do this"; the rest as a short list. Whether a picture came
// is known on this phone, which showed it.
import { useCallback, useEffect, useState } from "react";
import { useAsked } from "../hub/asking";
import { useWords, type Language, type Say } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon, type IconName } from "../parts/Icon";
import { clockMinutes } from "../words/times";
import { mast, type SelfTest } from "./api";
import { NEW_JOB, type Job } from "./kept";
import type { StepProperties } from "./MastScreen";
import { Foot, Question } from "./parts";
import { askedFor } from "./work";

type Check = SelfTest["checks"][number];

const icons: Record<string, IconName> = { true: "tick", false: "cross", null: "clock" };

function seenCheck(job: Job, say: Say, language: Language): Check {
  const seen = job.seenUs !== null;
  return {
    check: "seen",
    ok: seen,
    says: seen ? "seen" : "unseen",
    title: say(seen ? "mast.test.seen" : "mast.test.unseen"),
    detail: job.seenUs !== null ? say("mast.test.seenAt", { time: clockMinutes(job.seenUs, language) }) : say("mast.test.unseenDetail"),
    do: seen ? "" : say("mast.test.unseenDo"),
  };
}

/** What a unit lacks while an operator has not signed for its place: that, and nothing that follows from it. */
function awaited(check: Check, say: Say): Check {
  if (check.check === "placed" && check.ok === false) {
    const words = { title: say("mast.test.countersign"), detail: say("mast.test.countersignHint"), do: say("mast.test.countersignDo") };
    return { ...check, says: "placed.countersign", ...words };
  }
  return check.says === "mandate.unplanned" ? { ...check, ok: null, do: "" } : check;
}

/** What the unit reports comes a little later: a picture that this phone has shown says more. */
function seenHere(check: Check, job: Job): boolean {
  return check.says === "camera.unseen" && job.seenUs !== null;
}

/** What is wrong first, then what is not known, then what is right. */
function ordered(checks: readonly Check[]): Check[] {
  return [false, null, true].flatMap((ok) => checks.filter((one) => one.ok === ok));
}

export function TestStep({ job, onJob, work, offline, onSignedOut }: StepProperties) {
  const { say, language } = useWords();
  const unit = job.unit ?? "";
  const question = useCallback(() => mast.selfTest(unit), [unit]);
  const { answer, refresh } = useAsked(question, ["units", "deployments"], onSignedOut);
  const [asked, setAsked] = useState(false);
  useEffect(() => setAsked(false), [answer]);
  const place = work?.find((one) => one.id === job.deployment);
  const placing = place && job.post !== null ? askedFor(place, job.post, unit, false) : null;
  const countersign = placing !== null && placing.log_index === null;
  if (answer === null) {
    return (
      <Question title={say("mast.test.title")}>
        <p>{say(offline ? "mast.test.needsLine" : "mast.loading")}</p>
      </Question>
    );
  }
  const known = answer.checks.filter((one) => !seenHere(one, job)).map((one) => (countersign ? awaited(one, say) : one));
  const checks = ordered([...known, seenCheck(job, say, language)]);
  const wrong = checks.filter((one) => one.ok === false);
  const ready = checks.every((one) => one.ok === true);
  const [first, ...rest] = checks;
  const unplaced = first?.says === "placed.nowhere";
  const title = ready ? say("mast.test.good") : wrong.length > 0 ? say("mast.test.wrong", { count: wrong.length }) : say("mast.test.title");
  return (
    <>
      <Question title={title}>
        {ready && (
          <div className="fz-mast__good" role="status" data-testid="mast-ready">
            <Icon name="tick" size={28} />
            <p>{say("mast.test.goodHint", { unit })}</p>
          </div>
        )}
        {first && first.ok === false && <Wrong check={first} />}
        <ul className="fz-mast__list" data-testid="mast-checks">
          {(first && first.ok === false ? rest : checks).map((one) => (
            <li key={one.check} data-check={one.check} data-ok={String(one.ok)}>
              <Icon name={icons[String(one.ok)] ?? "clock"} size={20} />
              <span>
                <strong>{one.title}</strong>
                {one.detail && <span className="fz-mast__small">{one.detail}</span>}
                {one.do && (
                  <span className="fz-mast__small">
                    {say("mast.test.do")} {one.do}
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      </Question>
      <Foot>
        {ready ? (
          <Button kind="primary" onClick={() => onJob(NEW_JOB)} data-testid="mast-done">
            {say("mast.test.next")}
          </Button>
        ) : (
          <Button
            kind="primary"
            aria-disabled={asked}
            onClick={() => {
              setAsked(true);
              refresh();
            }}
            data-testid="mast-test-again"
          >
            {say(asked ? "mast.busy" : "mast.test.again")}
          </Button>
        )}
        {!ready && (
          <Button kind="quiet" onClick={() => onJob({ step: unplaced ? "post" : "aim" })} data-testid="mast-back">
            {say(unplaced ? "mast.post.title" : "mast.aim.title")}
          </Button>
        )}
      </Foot>
    </>
  );
}

function Wrong({ check }: { check: Check }) {
  const { say } = useWords();
  return (
    <div className="fz-mast__wrong" role="alert" data-testid="mast-wrong" data-check={check.check} data-says={check.says}>
      <p className="fz-mast__name">
        <Icon name="cross" size={20} />
        {check.title}
      </p>
      {check.detail && <p>{check.detail}</p>}
      {check.do && (
        <p>
          <strong>{say("mast.test.do")}</strong> {check.do}
        </p>
      )}
    </div>
  );
}
