// SPDX-License-Identifier: EUPL-1.2
// Filming now, from a phone in one hand: four questions, then two others sign on theirs. What is half filled in is kept.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAsked } from "../hub/asking";
import { useDeed } from "../hub/deed";
import type { Approver, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { EndLine } from "../parts/EndLine";
import { Failed, Offline } from "../parts/Failed";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { TextArea } from "../parts/TextArea";
import { useKeptForm } from "../theme/kept-form";
import { clockMinutes, clockSeconds, instantMinutes, lengthWords, moment } from "../words/times";
import { planning } from "./api";
import { CEILING_PX_PER_M, type KnownState } from "./desk";
import { Pick, toFirstWrong, Wrong } from "./fields";
import { calendarDay, typedOf, usOf } from "./local-time";
import { Hands } from "./Submitted";
import type { Town } from "./town";
import type { Delegation, Finding, Plan, PlanSummary } from "./types";
import { endsAfter, mastsIn, missing, NOTHING_ASKED, postsAt, suggested, urgentBody, type UrgentField } from "./urgent";
import "./urgent.css";

interface Properties {
  session: Session;
  known: KnownState;
  town: Town;
  nowUs: number;
  onSignedOut: () => void;
}

interface Around {
  plans: readonly PlanSummary[];
  delegations: readonly Delegation[];
  approvers: readonly Approver[];
}

const NO_PLANS: readonly PlanSummary[] = [];
const NO_DELEGATIONS: readonly Delegation[] = [];
const NO_APPROVERS: readonly Approver[] = [];

/** Each is a help and none is needed: without one the form asks a little more. */
function useAround(onSignedOut: () => void): Around {
  const plans = useAsked(planning.plans, ["plans"], onSignedOut, "until-answered");
  const delegations = useAsked(planning.delegations, [], onSignedOut, "until-answered");
  const approvers = useAsked(planning.approvers, ["people"], onSignedOut, "until-answered");
  return { plans: plans.answer ?? NO_PLANS, delegations: delegations.answer ?? NO_DELEGATIONS, approvers: approvers.answer ?? NO_APPROVERS };
}

export function UrgentForm({ session, known, town, nowUs, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const { form: asked, put, clear } = useKeptForm(`urgent.${session.name}`, NOTHING_ASKED);
  const around = useAround(onSignedOut);
  const [startedUs] = useState(nowUs);
  const [pressed, setPressed] = useState(false);
  const { busy, failure, run, forget } = useDeed(onSignedOut);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const [deployment, setDeployment] = useState<string | null>(null);
  const [other, setOther] = useState(false);
  const form = useRef<HTMLDivElement>(null);
  const { designations, people } = known.known;
  const standing = designations.filter((one) => one.valid_from_us <= nowUs && one.valid_to_us > nowUs);
  const designation = standing.find((one) => one.id === asked.designation) ?? null;
  const only = standing.length === 1 ? standing[0] : undefined;
  useEffect(() => {
    if (designation === null && only !== undefined) put({ designation: only.id });
  }, [designation, only, put]);
  const masts = useMemo(() => (designation === null ? [] : mastsIn(town.masts, designation.area)), [town, designation]);
  const ends = endsAfter(nowUs);
  const open = missing(asked, nowUs);
  const keyed = people.filter((one) => one.role === "operator" && one.key !== null).length;
  const presets = around.plans.filter((one) => one.state !== "editing");

  const submit = (): void => {
    setPressed(true);
    forget();
    if (open.length > 0 || designation === null) return toFirstWrong(form);
    void run(async () => {
      const regime = around.delegations.find((one) => one.id === designation.delegation)?.regime ?? "G151C";
      const preset = asked.cameras.startsWith("plan ") ? await planning.plan(asked.cameras.slice(5)) : null;
      const posts = asked.cameras === "masts" ? postsAt(asked.masts, masts, designation.area, CEILING_PX_PER_M) : [];
      const title = say("planning.urgent.titled", { place: designation.name, time: instantMinutes(nowUs, language) }).slice(0, 120);
      const made = plan ?? (await planning.create(title, regime));
      const saved = await planning.save(made.id, made.version, title, urgentBody(asked, { regime, people, posts, preset }));
      setPlan(saved);
      const checked = await planning.check(saved.id);
      setFindings(checked.findings);
      if (checked.findings.some((one) => one.severity === "refuse")) return;
      setDeployment((await planning.submit(saved.id)).id);
      clear();
    });
  };

  if (deployment !== null) return <Waiting deployment={deployment} approvers={around.approvers} onSignedOut={onSignedOut} />;

  const wrong = (field: UrgentField, words: string): string | null => (pressed && open.includes(field) ? words : null);
  const causes = findings.filter((one) => one.field === "urgent.reason" || one.field === "necessity");
  const toUs = asked.toUs !== null && asked.toUs > nowUs ? asked.toUs : null;
  return (
    <div className="fz-urgent fz-urgent--form" data-density="field" data-testid="urgent-form" ref={form}>
      <div className="fz-urgent__head">
        <h2 className="fz-urgent__heading">{say("planning.urgent.heading")}</h2>
        <span className="fz-urgent__busy">
          <Icon name="clock" /> {say("planning.urgent.busyFor", { time: lengthWords(Math.max(0, nowUs - startedUs), say) })}
        </span>
      </div>
      <div className="fz-urgent__asked">
        {known.failed && <Notice tone="slow" testid="known-failed" title={say("planning.knownFailed")} hint={say("planning.knownFailedHint")} />}
        <Pick
          label={say("planning.urgent.area")}
          hint={
            designation === null
              ? standing.length === 0
                ? say("planning.urgent.noArea")
                : undefined
              : say("planning.ground.designationSays", {
                  publication: designation.publication ?? say("planning.ground.unpublished"),
                  until: calendarDay(designation.valid_to_us, language),
                })
          }
          value={designation?.id ?? ""}
          options={standing.map((one) => ({ value: one.id, title: one.name }))}
          empty={say("planning.choose")}
          wrong={wrong("designation", say("planning.urgent.areaMissing"))}
          disabled={false}
          testid="urgent-area"
          onValue={(value) => put({ designation: value, masts: [] })}
        />
        <fieldset className="fz-choice">
          <legend className="fz-choice__label">{say("planning.urgent.ends")}</legend>
          {pressed && open.includes("toUs") && <Wrong says={say("planning.urgent.endMissing")} />}
          <div className="fz-segments">
            {ends.map((us) => (
              <button
                key={us}
                type="button"
                className="fz-segments__one"
                aria-pressed={!other && asked.toUs === us}
                data-testid="urgent-end"
                onClick={() => {
                  setOther(false);
                  put({ toUs: us });
                }}
              >
                {clockMinutes(us, language)}
              </button>
            ))}
            <button type="button" className="fz-segments__one" aria-pressed={other} data-testid="urgent-other" onClick={() => setOther(true)}>
              {say("planning.urgent.other")}
            </button>
          </div>
          {other && (
            <Field
              type="datetime-local"
              label={say("planning.urgent.otherEnd")}
              value={asked.toUs === null ? "" : typedOf(asked.toUs)}
              wrong={null}
              data-testid="urgent-other-end"
              onChange={(event) => put({ toUs: usOf(event.target.value) })}
            />
          )}
          {toUs !== null && (
            <div className="fz-term__line">
              <span>{clockMinutes(nowUs, language)}</span>
              <EndLine fromUs={nowUs} untilUs={toUs} nowUs={nowUs} last={false} />
              <span>
                <strong>{moment(toUs, nowUs, language)}</strong> {lengthWords(toUs - nowUs, say)}
              </span>
            </div>
          )}
        </fieldset>
        <TextArea
          label={say("planning.urgent.why")}
          hint={pressed && open.includes("reason") ? undefined : say("planning.urgent.whyHint")}
          value={asked.reason}
          maxLength={400}
          rows={3}
          wrong={wrong("reason", say("planning.urgent.whyMissing")) ?? causes[0]?.detail ?? null}
          data-testid="urgent-reason"
          onChange={(event) => put({ reason: event.target.value })}
        />
        <div>
          <Field
            label={say("planning.urgent.who")}
            list="urgent-mandates"
            autoComplete="off"
            value={asked.mandateHolder}
            maxLength={100}
            wrong={wrong("mandateHolder", say("planning.urgent.whoMissing"))}
            data-testid="urgent-mandate"
            onChange={(event) => put({ mandateHolder: event.target.value })}
          />
          <datalist id="urgent-mandates">
            {around.approvers.map((one) => (
              <option key={one.slot} value={one.name} />
            ))}
          </datalist>
        </div>
        <Pick
          label={say("planning.urgent.cameras")}
          value={asked.cameras}
          options={[
            { value: "policy", title: say("planning.urgent.policy") },
            ...(masts.length > 0 ? [{ value: "masts", title: say("planning.urgent.masts") }] : []),
            ...presets.map((one) => ({ value: `plan ${one.id}`, title: say("planning.urgent.asIn", { title: `${one.number ?? ""} ${one.title}`.trim() }) })),
          ]}
          disabled={false}
          testid="urgent-cameras"
          onValue={(cameras) => put({ cameras, ...(cameras === "masts" && designation !== null ? { masts: suggested(masts, designation.area) } : {}) })}
        />
        {asked.cameras === "masts" && (
          <fieldset className="fz-choice">
            <legend className="fz-choice__label">{say("planning.urgent.whichMasts")}</legend>
            {pressed && open.includes("masts") && <Wrong says={say("planning.urgent.mastMissing")} />}
            <div className="fz-choice__options">
              {masts.map((mast) => (
                <label key={mast.name} className="fz-choice__option">
                  <input
                    type="checkbox"
                    checked={asked.masts.includes(mast.name)}
                    onChange={(event) => put({ masts: event.target.checked ? [...asked.masts, mast.name] : asked.masts.filter((one) => one !== mast.name) })}
                  />
                  <span className="fz-choice__title">{mast.name}</span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
      </div>
      <div className="fz-urgent__close">
        {known.ready && !known.failed && keyed < 2 && (
          <Notice tone="lost" testid="urgent-keyless" title={say("planning.urgent.keyless")} hint={say("planning.urgent.keylessHint")} />
        )}
        <Settled />
        <div className="fz-urgent__two">
          <UnsignedSeal />
          <p>
            <strong>{say("planning.urgent.twoSign")}</strong> {say("planning.urgent.twoSignHint")}
          </p>
        </div>
        <Failed failure={failure} testid="urgent-refused" />
        {findings.some((one) => one.severity === "refuse") && (
          <ul className="fz-findings" data-testid="urgent-findings" role="alert">
            {findings
              .filter((one) => one.severity === "refuse")
              .map((one, n) => (
                <li key={n} className="fz-finding fz-finding--refuse" data-rule={one.rule} data-kind={one.kind}>
                  <Icon name="warning" size={14} />
                  <p>
                    <strong>{one.title}.</strong> {one.detail}
                  </p>
                </li>
              ))}
          </ul>
        )}
        <div className="fz-urgent__deed">
          <Button kind="primary" data-testid="urgent-submit" aria-disabled={busy} onClick={submit}>
            {busy ? say("planning.submit.busy") : say("planning.urgent.deed")}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** What nobody is asked here, for the policy has it (hub/deployments/policy.py), and is signed all the same. */
function Settled() {
  const { say } = useWords();
  return (
    <section className="fz-urgent__settled" data-testid="urgent-settled">
      <h3>{say("planning.urgent.settled")}</h3>
      <ul>
        <li>{say("planning.urgent.settledRecording")}</li>
        <li>{say("planning.urgent.settledLink")}</li>
        <li>{say("planning.urgent.settledOverrun")}</li>
      </ul>
    </section>
  );
}

/** The seal before anybody signed: two outlines. */
function UnsignedSeal() {
  return (
    <svg className="fz-urgent__seal" width="40" height="40" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M2 2H27L20 9H9V20L2 27Z" />
      <path d="M30 5V30H5L12 23H23V12Z" />
    </svg>
  );
}

function Waiting({ deployment, approvers, onSignedOut }: { deployment: string; approvers: readonly Approver[]; onSignedOut: () => void }) {
  const { say, language } = useWords();
  const question = useCallback(() => planning.deployment(deployment), [deployment]);
  const { answer, offline } = useAsked(question, ["deployments"], onSignedOut);
  const signatures = answer?.signatures ?? [];
  return (
    <div className="fz-urgent" data-density="field" data-testid="urgent-waiting" data-signed={signatures.length} data-deployment={deployment}>
      <h2 className="fz-urgent__heading">
        {signatures.length >= 2 ? say("planning.urgent.decided", { number: answer?.number ?? "" }) : say("planning.urgent.asked", { number: answer?.number ?? "" })}
      </h2>
      {offline && <Offline testid="urgent-offline" />}
      {answer?.sent_back && <Notice tone="lost" testid="urgent-sent-back" title={say("planning.sentBack", { who: answer.sent_back.by, time: clockSeconds(answer.sent_back.at_us, language) })} hint={answer.sent_back.reason} />}
      <p className="fz-urgent__count" role="status">
        {say("planning.urgent.signed", { count: signatures.length })}
      </p>
      <Hands signatures={signatures} approvers={approvers} />
      {signatures.length < 2 && <p className="fz-field__hint">{say("planning.urgent.waitHint")}</p>}
      {signatures.length >= 2 && (
        <p>
          <Link href="/assignments" data-testid="urgent-placements">
            {say("duties.placements")}
          </Link>
        </p>
      )}
      <p>
        <Link href={`/plans/urgent/${deployment}`} data-testid="urgent-duties">
          {say("duties.fromUrgent")}
        </Link>
      </p>
      <p>
        <Link href={`/decisions/${deployment}`} data-testid="to-decision">
          {say("planning.urgent.seePlan")}
        </Link>
      </p>
    </div>
  );
}
