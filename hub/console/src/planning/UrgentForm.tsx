// SPDX-License-Identifier: EUPL-1.2
// Filming now, from a phone in one hand: four questions, then two others sign on theirs. What is half filled in is kept.
import { useCallback, useEffect, useMemo, useState } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { useAsked } from "../hub/asking";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { EndLine } from "../parts/EndLine";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { TextArea } from "../parts/TextArea";
import { remember, remembered } from "../theme/remembered";
import { clockMinutes, clockSeconds, instant, lengthWords, moment } from "../words/times";
import { planning } from "./api";
import { CEILING_PX_PER_M, type KnownState } from "./desk";
import { Pick, Wrong } from "./fields";
import { calendarDay, typedOf, usOf } from "./local-time";
import type { Town } from "./town";
import type { Approver, Delegation, Finding, Plan, PlanSummary } from "./types";
import { endsAfter, mastsIn, missing, NOTHING_ASKED, postsAt, suggested, urgentBody, type UrgentAsked, type UrgentField } from "./urgent";
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

function useAround(): Around {
  const [around, setAround] = useState<Around>({ plans: [], delegations: [], approvers: [] });
  useEffect(() => {
    let gone = false;
    const put = (part: Partial<Around>): void => {
      if (!gone) setAround((before) => ({ ...before, ...part }));
    };
    // Each is a help and none is needed: without one the form asks a little more.
    const helped = (question: Promise<void>): void => {
      question.catch((failure: unknown) => {
        if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
      });
    };
    helped(planning.plans().then((plans) => put({ plans })));
    helped(planning.delegations().then((delegations) => put({ delegations })));
    helped(planning.approvers().then((approvers) => put({ approvers })));
    return () => {
      gone = true;
    };
  }, []);
  return around;
}

function keptForm(key: string): UrgentAsked {
  try {
    const kept: unknown = JSON.parse(remembered(key) ?? "null");
    return typeof kept === "object" && kept !== null ? { ...NOTHING_ASKED, ...kept } : NOTHING_ASKED;
  } catch (broken) {
    console.info("what this browser kept of the form cannot be read", broken);
    return NOTHING_ASKED;
  }
}

function useForm(account: string): { asked: UrgentAsked; put: (part: Partial<UrgentAsked>) => void; clear: () => void } {
  const key = `urgent.${account}`;
  const [asked, setAsked] = useState(() => keptForm(key));
  const put = useCallback(
    (part: Partial<UrgentAsked>) =>
      setAsked((before) => {
        const after = { ...before, ...part };
        remember(key, JSON.stringify(after));
        return after;
      }),
    [key],
  );
  const clear = useCallback(() => remember(key, null), [key]);
  return { asked, put, clear };
}

export function UrgentForm({ session, known, town, nowUs, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const { asked, put, clear } = useForm(session.name);
  const around = useAround();
  const [startedUs] = useState(nowUs);
  const [pressed, setPressed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  const [deployment, setDeployment] = useState<string | null>(null);
  const [other, setOther] = useState(false);
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

  const submit = async (): Promise<void> => {
    setPressed(true);
    setRefused(null);
    if (open.length > 0 || designation === null || busy) return;
    setBusy(true);
    try {
      const regime = around.delegations.find((one) => one.id === designation.delegation)?.regime ?? "G151C";
      const preset = asked.cameras.startsWith("plan ") ? await planning.plan(asked.cameras.slice(5)) : null;
      const posts = asked.cameras === "masts" ? postsAt(asked.masts, masts, designation.area, CEILING_PX_PER_M) : [];
      const title = say("planning.urgent.titled", { place: designation.name, time: instant(nowUs, language).slice(0, -3) }).slice(0, 120);
      const made = plan ?? (await planning.create(title, regime));
      const saved = await planning.save(made.id, made.version, title, urgentBody(asked, { regime, people, posts, preset }));
      setPlan(saved);
      const checked = await planning.check(saved.id);
      setFindings(checked.findings);
      if (checked.findings.some((one) => one.severity === "refuse")) return;
      setDeployment((await planning.submit(saved.id)).id);
      clear();
    } catch (failure) {
      if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
      if (failure instanceof RefusedError) setRefused(`${String(failure.problem.title ?? "")} ${String(failure.problem.detail ?? "")}`.trim());
      else if (failure instanceof HubUnreachableError) setRefused(say("planning.urgent.unreachable"));
      else throw failure;
    } finally {
      setBusy(false);
    }
  };

  if (deployment !== null) return <Waiting deployment={deployment} plan={plan} approvers={around.approvers} onSignedOut={onSignedOut} />;

  const wrong = (field: UrgentField, words: string): string | null => (pressed && open.includes(field) ? words : null);
  const causes = findings.filter((one) => one.field === "urgent.reason" || one.field === "necessity");
  const toUs = asked.toUs !== null && asked.toUs > nowUs ? asked.toUs : null;
  return (
    <div className="fz-urgent" data-density="field" data-testid="urgent-form">
      <div className="fz-urgent__head">
        <h2 className="fz-urgent__heading">{say("planning.urgent.heading")}</h2>
        <span className="fz-urgent__busy">
          <Icon name="clock" /> {say("planning.urgent.busyFor", { time: lengthWords(Math.max(0, nowUs - startedUs), say) })}
        </span>
      </div>
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
      {known.ready && !known.failed && keyed < 2 && (
        <Notice tone="lost" testid="urgent-keyless" title={say("planning.urgent.keyless")} hint={say("planning.urgent.keylessHint")} />
      )}
      <div className="fz-urgent__two">
        <UnsignedSeal />
        <p>
          <strong>{say("planning.urgent.twoSign")}</strong> {say("planning.urgent.twoSignHint")}
        </p>
      </div>
      {refused !== null && <Notice tone="lost" testid="urgent-refused" title={say("planning.submit.refused")} hint={refused} />}
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
        <Button kind="primary" data-testid="urgent-submit" aria-disabled={busy} onClick={() => void submit()}>
          {busy ? say("planning.submit.busy") : say("planning.urgent.deed")}
        </Button>
      </div>
    </div>
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

function Waiting({ deployment, plan, approvers, onSignedOut }: { deployment: string; plan: Plan | null; approvers: readonly Approver[]; onSignedOut: () => void }) {
  const { say, language } = useWords();
  const question = useCallback(() => planning.deployment(deployment), [deployment]);
  const { answer, offline } = useAsked(question, ["deployments"], onSignedOut);
  const signatures = answer?.signatures ?? [];
  const can = approvers.filter((one) => one.state === "bound" && !signatures.some((signed) => signed.slot === one.slot));
  return (
    <div className="fz-urgent" data-density="field" data-testid="urgent-waiting" data-signed={signatures.length} data-deployment={deployment}>
      <h2 className="fz-urgent__heading">
        {signatures.length >= 2 ? say("planning.urgent.decided", { number: answer?.number ?? "" }) : say("planning.urgent.asked", { number: answer?.number ?? "" })}
      </h2>
      {offline && <Notice tone="slow" testid="urgent-offline" title={say("planning.list.offline")} hint={say("planning.list.offlineHint")} />}
      {answer?.sent_back && <Notice tone="lost" testid="urgent-sent-back" title={say("planning.sentBack", { who: answer.sent_back.by, time: clockSeconds(answer.sent_back.at_us, language) })} hint={answer.sent_back.reason} />}
      <p className="fz-urgent__count" role="status">
        {say("planning.urgent.signed", { count: signatures.length })}
      </p>
      <ul className="fz-plans__rows">
        {signatures.map((one) => (
          <li key={one.slot} className="fz-urgent__signer">
            <Icon name="tick" /> <strong>{one.name}</strong> {clockSeconds(one.at_us, language)}
          </li>
        ))}
        {signatures.length < 2 &&
          can.map((one) => (
            <li key={one.slot} className="fz-urgent__signer fz-urgent__signer--can">
              <Icon name="clock" /> {say("planning.urgent.canSign", { name: one.person ?? one.name })}
            </li>
          ))}
      </ul>
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
      {plan !== null && (
        <p>
          <Link href={`/plans/${plan.id}/check`}>{say("planning.urgent.seePlan")}</Link>
        </p>
      )}
    </div>
  );
}
