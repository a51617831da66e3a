// SPDX-License-Identifier: EUPL-1.2
// A plan, opened: steps at the left, the map or the form, and at the right what is wrong and the numbers. Each change is
// kept at once; Ctrl+Z takes it back.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useDeed } from "../hub/deed";
import { failureWords, type FailureWords } from "../hub/failure";
import { goTo } from "../hub/place";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Icon } from "../parts/Icon";
import { Key } from "../parts/Key";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { clockSeconds } from "../words/times";
import { planning } from "./api";
import { Asides } from "./Aside";
import { useCounting } from "./counting";
import { CEILING_PX_PER_M, FLOOR_PX_PER_M, useChecks, useNamed, useSaver, useSentBack, type Checks, type Desk, type KnownState } from "./desk";
import { Rail } from "./Rail";
import { wholePost } from "./posts";
import type { Editing, Saver } from "./saving";
import { Submitted } from "./Submitted";
import { StepList } from "./StepList";
import { useStepWords } from "./step-words";
import { firstOpen, STEPS, type Step } from "./steps";
import { AreaMap } from "./steps/AreaMap";
import { AreaPanel } from "./steps/AreaPanel";
import { Check } from "./steps/Check";
import { Ground } from "./steps/Ground";
import { PostPanel, PostTable } from "./steps/PostPanel";
import { PostsMap } from "./steps/PostsMap";
import { Settings } from "./steps/Settings";
import { Team } from "./steps/Team";
import { Window } from "./steps/Window";
import type { Town } from "./town";
import type { Finding, Plan, PlanBody, PlanPost, Position } from "./types";
import { asPolicyFills } from "./urgent";
import { Versions } from "./Versions";
import "./plan.css";
import "./fields.css";
import "./rail.css";

const NO_AREA: Position[] = [];
const NO_POSTS: PlanPost[] = [];
const NO_FINDINGS: Finding[] = [];

interface Properties {
  plan: Plan;
  step: Step | null;
  session: Session;
  known: KnownState;
  town: Town;
  townMissing: boolean;
  nowUs: number;
  onSignedOut: () => void;
}

function useDesk(properties: Properties, saver: Saver, editing: Editing, findings: readonly Finding[]): Desk {
  const { known, town, nowUs } = properties;
  const { plan, history } = editing;
  const { title, body: said } = history.present;
  const ceiling = said.ceiling_px_per_m ?? CEILING_PX_PER_M;
  const designated = known.known.designations.find((one) => one.id === said.designation)?.area ?? NO_AREA;
  const body = useMemo(() => {
    const written = asPolicyFills(said, designated, ceiling);
    const half = written.posts?.some((one) => !one.view || !one.position || !one.name || !one.width_px || !one.height_px || !one.ceiling_px_per_m);
    return half ? { ...written, posts: (written.posts ?? []).map((one) => wholePost(one, written.area ?? NO_AREA, ceiling)) } : written;
  }, [said, designated, ceiling]);
  const [selected, select] = useState<string | null>(null);
  const edit = useCallback(
    (part: Partial<PlanBody>, what: string) => {
      const { present } = saver.now().history;
      saver.change({ ...present, body: { ...present.body, ...part } }, what);
    },
    [saver],
  );
  const editTitle = useCallback((next: string) => saver.change({ ...saver.now().history.present, title: next }, "title"), [saver]);
  const floor = body.floor_px_per_m ?? FLOOR_PX_PER_M;
  const counting = useCounting({ area: body.area ?? NO_AREA, posts: body.posts ?? NO_POSTS, obstacles: town.obstacles, floor, ceiling });
  return {
    plan,
    title,
    body,
    locked: plan.state !== "editing",
    edit,
    editTitle,
    known: known.known,
    town,
    findings,
    counting,
    floor,
    ceiling,
    selected,
    select,
    nowUs,
  };
}

function SavedLine({ editing, saver }: { editing: Editing; saver: Saver }) {
  const { say, language } = useWords();
  const { saving, plan, refusal } = editing;
  const words = {
    saved: say("planning.saved", { time: clockSeconds(plan.changed_at_us, language) }),
    waiting: say("planning.saving"),
    sending: say("planning.saving"),
    offline: say("planning.keptHere"),
    refused: typeof refusal?.problem.detail === "string" ? refusal.problem.detail : say("planning.notSaved"),
  };
  const bad = saving === "offline" || saving === "refused";
  return (
    <p className={bad ? "fz-plan__saved fz-plan__saved--not" : "fz-plan__saved"} role="status" data-testid="saved" data-saving={saving}>
      {say("planning.version", { n: plan.version })} · {words[saving]}
      {saving === "refused" && (
        <Button kind="quiet" onClick={() => void saver.flush()}>
          {say("planning.tryAgain")}
        </Button>
      )}
    </p>
  );
}

function StepBody({ step, desk, checks, named, go }: { step: Step; desk: Desk; checks: Checks; named: (account: string) => string; go: (step: Step) => void }) {
  const [plain, setPlain] = useState(false);
  const middle = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A browser that cannot draw the map works with the table, which then lies open.
    const look = (): void => setPlain(middle.current?.querySelector('[data-surface="plain"]') !== null && middle.current !== null);
    look();
    const timer = window.setTimeout(look, 500);
    return () => window.clearTimeout(timer);
  }, [step]);
  if (step === "area" || step === "posts") {
    return (
      <div className="fz-plan__mapped" ref={middle}>
        {step === "area" ? <AreaMap desk={desk} /> : <PostsMap desk={desk} />}
        {step === "area" ? (
          <AreaPanel desk={desk} />
        ) : (
          <>
            <PostPanel desk={desk} />
            <PostTable desk={desk} open={plain} />
          </>
        )}
      </div>
    );
  }
  const forms = {
    ground: <Ground desk={desk} />,
    window: <Window desk={desk} />,
    settings: <Settings desk={desk} />,
    team: <Team desk={desk} />,
    check: <Check desk={desk} checks={checks} named={named} goTo={go} />,
  };
  return <div className="fz-plan__formed">{forms[step]}</div>;
}

/** Putting it to those who sign, once the hub has all of it and finds nothing wrong. */
function useSubmission(saver: Saver, onSignedOut: () => void): { submit: () => void; busy: boolean; failure: FailureWords | null } {
  const { say } = useWords();
  const [unsaved, setUnsaved] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const submit = (): void =>
    void run(async () => {
      const saved = await saver.flush();
      setUnsaved(!saved);
      if (!saved) return;
      await planning.submit(saver.now().plan.id);
      await saver.reload();
    });
  const waits = { title: say("planning.notSaved"), hint: say("planning.submit.unsaved"), reason: "unsaved", rule: "" };
  return { submit, busy, failure: unsaved && !busy ? waits : failure };
}

/** That the hub did not look at this version, why, and asking it now. */
function Unchecked({ checks }: { checks: Checks }) {
  const { say } = useWords();
  return (
    <div className="fz-plan__unchecked">
      <Failed failure={{ ...failureWords(checks.failure, say), title: say("planning.check.unchecked") }} testid="checks-failed" />
      <Button kind="secondary" data-testid="check-again" onClick={checks.again}>
        {say("failed.again")}
      </Button>
    </div>
  );
}

export function PlanEditor(properties: Properties) {
  const { plan: opened, session, townMissing, known, onSignedOut } = properties;
  const { say, language } = useWords();
  const word = useStepWords();
  const { saver, editing } = useSaver(opened, session.name, onSignedOut);
  const { plan, saving } = editing;
  const checks = useChecks(plan, saving === "saved", language, onSignedOut);
  const { checked, fresh } = checks;
  const findings = plan.state === "editing" ? (checked?.findings ?? NO_FINDINGS) : NO_FINDINGS;
  const desk = useDesk(properties, saver, editing, findings);
  const sentBack = useSentBack(plan, onSignedOut);
  const named = useNamed(known.known.people);
  const [versions, setVersions] = useState(false);
  const { submit, busy, failure } = useSubmission(saver, onSignedOut);
  const first = useMemo(() => firstOpen(opened.body, NO_FINDINGS), [opened]);
  const step = properties.step ?? (opened.state === "editing" ? first : "check");
  const href = (to: Step): string => `/plans/${plan.id}/${to}`;
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) heading.current?.focus();
    shown.current = step;
  }, [step]);

  const moved = useCallback(() => saver.reload(), [saver]);
  const next = STEPS[STEPS.indexOf(step) + 1];
  const refusals = findings.filter((one) => one.severity === "refuse").length;
  const ready = fresh && refusals === 0 && saving === "saved";
  const keyed = useRef<(event: KeyboardEvent) => void>(() => undefined);
  keyed.current = (event) => {
    const elsewhere = document.querySelector("dialog[open]") !== null;
    if (elsewhere || event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !desk.locked) event.shiftKey ? saver.redo() : saver.undo();
    else if (key === "y" && !desk.locked) saver.redo();
    else if (key === "enter" && next !== undefined) goTo(href(next));
    else return;
    event.preventDefault();
  };
  // On the page as a whole: what had the focus may be gone by what it did.
  useEffect(() => {
    const down = (event: KeyboardEvent): void => keyed.current(event);
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);
  const go = (to: Step): void => goTo(href(to));

  return (
    <div className="fz-plan" data-testid="plan" data-state={plan.state} data-version={plan.version}>
      <div className="fz-plan__side">
        <div className="fz-plan__title">
          <h2>
            {plan.number !== null && <span className="fz-phrase">{plan.number}</span>} {desk.title === "" ? say("planning.untitled") : desk.title}
          </h2>
          <SavedLine editing={editing} saver={saver} />
        </div>
        <StepList desk={desk} step={step} href={href} />
      </div>
      <div className="fz-plan__middle">
        <Asides saver={saver} editing={editing} named={named} />
        {sentBack && (
          <Notice
            tone="slow"
            testid="sent-back"
            title={say("planning.sentBack", { who: named(sentBack.by), time: clockSeconds(sentBack.at_us, language) })}
            hint={sentBack.reason}
          />
        )}
        {known.failed && <Notice tone="slow" testid="known-failed" title={say("planning.knownFailed")} hint={say("planning.knownFailedHint")} />}
        {townMissing && <Notice tone="slow" testid="town-missing" title={say("planning.townMissing")} hint={say("planning.townMissingHint")} />}
        <Failed failure={failure} testid="submit-refused" />
        {checks.failure !== null && <Unchecked checks={checks} />}
        {desk.locked && (
          <p className="fz-plan__locked" data-testid="locked">
            <Icon name="clock" />
            <span>
              {plan.state === "submitted" ? say("planning.locked.submitted", { number: plan.number ?? "" }) : say("planning.locked.decided", { number: plan.number ?? "" })}{" "}
              {plan.deployment !== null && (
                <Link href={`/decisions/${plan.deployment}`} data-testid="to-decision">
                  {say(plan.state === "submitted" ? "planning.urgent.seePlan" : "approving.look")}
                </Link>
              )}
            </span>
          </p>
        )}
        {step === "check" && plan.state === "submitted" && plan.deployment !== null && (
          <Submitted deployment={plan.deployment} onSignedOut={onSignedOut} onMoved={moved} />
        )}
        <h3 className={step === "area" || step === "posts" ? "fz-unseen" : "fz-plan__heading"} tabIndex={-1} ref={heading}>
          {word(step)}
        </h3>
        <StepBody step={step} desk={desk} checks={checks} named={named} go={go} />
      </div>
      <Rail desk={desk} step={step} goTo={go} />
      <footer className="fz-plan__foot">
        {(step === "posts" || step === "area") && !desk.locked && (
          <p className="fz-plan__keys">
            <span className="fz-phrase">
              <Key letter="↑↓←→" /> {say("planning.keys.move")}
            </span>
            {step === "posts" && (
              <>
                <span className="fz-phrase">
                  <Key letter="[" />
                  <Key letter="]" /> {say("planning.keys.turn")}
                </span>
                <span className="fz-phrase">
                  <Key letter="," />
                  <Key letter="." /> {say("planning.keys.tilt")}
                </span>
                <span className="fz-phrase">
                  <Key letter="=" />
                  <Key letter="-" /> {say("planning.keys.zoom")}
                </span>
              </>
            )}
            <span className="fz-phrase">
              <Key letter="Ctrl" />
              <Key letter="Z" /> {say("planning.keys.undo")}
            </span>
          </p>
        )}
        <div className="fz-plan__deeds">
          {!desk.locked && step === "check" && !ready && (
            <p className="fz-plan__why" id="why-not">
              {refusals > 0 ? say("planning.submit.gates", { count: refusals }) : say(checks.failure === null ? "planning.check.busy" : "planning.check.unchecked")}
            </p>
          )}
          <Button kind="secondary" data-testid="open-versions" onClick={() => setVersions(true)}>
            {say("planning.versions.open")}
          </Button>
          {next !== undefined && (
            <Button kind="primary" data-testid="next-step" onClick={() => go(next)}>
              {say("planning.next", { step: word(next) })} <Icon name="arrow" />
            </Button>
          )}
          {step === "check" && !desk.locked && (
            <Button
              kind="primary"
              data-testid="submit-plan"
              aria-disabled={!ready || busy}
              aria-describedby={ready ? undefined : "why-not"}
              onClick={() => ready && submit()}
            >
              {busy ? say("planning.submit.busy") : say("planning.submit.deed")}
            </Button>
          )}
        </div>
      </footer>
      {versions && <Versions plan={plan} saver={saver} named={named} locked={desk.locked} onClose={() => setVersions(false)} onSignedOut={onSignedOut} />}
    </div>
  );
}
