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
  const checks = ordered([...answer.checks, seenCheck(job, say, language)]);
  const wrong = checks.filter((one) => one.ok === false);
  const ready = checks.every((one) => one.ok === true);
  const [first, ...rest] = checks;
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
        {countersign && (
          <div className="fz-mast__card" role="status" data-testid="mast-countersign">
            <p className="fz-mast__name">{say("mast.test.countersign")}</p>
            <p className="fz-mast__small">{say("mast.test.countersignHint")}</p>
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
          <Button kind="quiet" onClick={() => onJob({ step: first?.check === "placed" ? "post" : "aim" })} data-testid="mast-back">
            {say(first?.check === "placed" ? "mast.post.title" : "mast.aim.title")}
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
