// SPDX-License-Identifier: EUPL-1.2
// Aiming: a test picture for a quarter of an hour, for which the installer and an operator sign; then the way to turn in
// words, by the phone's compass or what one reads off another, against what the plan says.
import type { AssignmentView } from "../hub/types";
import { useState } from "react";
import type { Post } from "../approving/decision";
import { useDeed } from "../hub/deed";
import { useWords, type Language } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { wait } from "../words/times";
import { tiltOf, turnOf, type Turn, type Way } from "./aim";
import type { StepProperties } from "./MastScreen";
import { Foot, Question } from "./parts";
import { placeAndSign } from "./placing";
import { useCompass } from "./phone";
import { Preview } from "./Preview";
import { askedFor, type Work } from "./work";

const MINUTES = 15; // the longest that the law of this house knows

export function AimStep(step: StepProperties) {
  const { say } = useWords();
  const { job, work, nowUs } = step;
  const place = work?.find((one) => one.id === job.deployment) ?? null;
  const post = place?.posts.find((one) => one.post === job.post) ?? null;
  if (place === null || post === null) {
    return (
      <Question title={say("mast.aim.title")}>
        <p>{say("mast.loading")}</p>
      </Question>
    );
  }
  const asked = askedFor(place, post.post, job.unit ?? "", true);
  const lasts = asked !== null && asked.setup !== null && asked.setup.to_us > nowUs;
  if (asked !== null && lasts && asked.log_index !== null) return <Aiming {...step} post={post} asked={asked} />;
  return <AskToAim {...step} place={place} post={post} asked={asked} waits={lasts} />;
}

interface AskProperties extends StepProperties {
  place: Work;
  post: Post;
  asked: AssignmentView | null;
  /** it was asked for, and an operator has to sign */
  waits: boolean;
}

function AskToAim({ session, job, place, post, asked, waits, nowUs, refresh, onJob, onSignedOut }: AskProperties) {
  const { say } = useWords();
  const { busy, failure, run } = useDeed(onSignedOut);

  const ask = (): void => {
    void run(async () => {
      try {
        await placeAndSign(session, { work: place, post, job, minutes: MINUTES }, nowUs);
      } finally {
        refresh();
      }
    });
  };

  const signed = waits && asked !== null && asked.signed_by.length > 0;
  return (
    <>
      <Question title={say("mast.aim.title")}>
        <p>{say("mast.aim.lead")}</p>
        {!waits && asked !== null && <p className="fz-mast__status">{say("mast.aim.over")}</p>}
        {signed && (
          <div className="fz-mast__card" role="status" data-testid="mast-aim-waits">
            <p className="fz-mast__name">{say("mast.aim.waits")}</p>
            <p className="fz-mast__small">{say("mast.aim.waitsHint")}</p>
          </div>
        )}
        <Failed failure={failure} testid="mast-failed" />
      </Question>
      <Foot>
        {!signed && (
          <Button kind="primary" aria-disabled={busy} onClick={ask} data-testid="mast-ask">
            {busy ? say("mast.busy") : say(asked === null ? "mast.aim.ask" : "mast.aim.again")}
          </Button>
        )}
        <Button kind="quiet" onClick={() => onJob({ step: "signs" })} data-testid="mast-to-signs">
          {say("mast.signs.title")}
        </Button>
      </Foot>
    </>
  );
}

/** Degrees as somebody reads them off a compass, in thousandths; null where it is no such number. */
function readMdeg(typed: string, low: number, high: number): number | null {
  const value = Number(typed.replace(",", "."));
  return typed.trim() !== "" && value >= low && value <= high ? Math.round(value * 1000) : null;
}

function Aiming({ job, onJob, nowUs, offline, post, asked, onSignedOut }: StepProperties & { post: Post; asked: AssignmentView }) {
  const { say, language } = useWords();
  const { looking, start } = useCompass();
  const [azimuth, setAzimuth] = useState("");
  const [tilt, setTilt] = useState("");
  const azimuthNow = looking?.azimuth_mdeg ?? readMdeg(azimuth, 0, 360);
  const tiltNow = looking?.tilt_mdeg ?? readMdeg(tilt, -90, 90);
  const turn = azimuthNow === null ? null : turnOf(post.view.azimuth_mdeg, azimuthNow);
  const lean = tiltNow === null ? null : tiltOf(post.view.tilt_mdeg, tiltNow);
  const good = turn?.way === "good" && (lean === null || lean.way === "good");
  const untilUs = asked.setup?.to_us ?? nowUs;
  const fix = (): void => onJob({ step: "signs" });
  return (
    <>
      <Question title={say("mast.aim.title")}>
        <Preview
          camera={asked.camera}
          unit={job.unit ?? ""}
          post={post}
          untilUs={untilUs}
          left={wait(Math.max(0, Math.ceil((untilUs - nowUs) / 1_000_000)), say)}
          offline={offline}
          onSeen={(seenUs) => onJob({ seenUs })}
          onSignedOut={onSignedOut}
        />
        {turn !== null && azimuthNow !== null && <TurnWords turn={turn} now={azimuthNow} plan={post.view.azimuth_mdeg} />}
        {looking === null && (
          <div className="fz-mast__fields">
            <Button kind="secondary" onClick={start} data-testid="mast-compass">
              {say("mast.aim.compass")}
            </Button>
            <p className="fz-mast__small">{say("mast.aim.compassHint")}</p>
            <Degrees label={say("mast.aim.azimuth")} typed={azimuth} low={0} high={360} onTyped={setAzimuth} testid="mast-azimuth" />
            <Degrees label={say("mast.aim.tilt")} typed={tilt} low={-90} high={90} onTyped={setTilt} testid="mast-tilt" />
          </div>
        )}
        <ul className="fz-mast__list">
          {lean !== null && tiltNow !== null && (
            <li data-testid="mast-lean" data-way={lean.way}>
              <Icon name={lean.way === "good" ? "tick" : "warning"} size={20} />
              <span>
                <strong>{wayWords(lean, say("mast.aim.tiltGood"), say)}</strong>
                <span className="fz-mast__small">{say("mast.aim.tilts", { now: whole(tiltNow), plan: whole(post.view.tilt_mdeg) })}</span>
              </span>
            </li>
          )}
          <li>
            <Icon name="arrow" size={20} />
            <span>{say("mast.aim.height", { metres: tenths(post.view.height_mm / 1000, language) })}</span>
          </li>
        </ul>
      </Question>
      <Foot>
        <Button kind="primary" aria-disabled={!good} onClick={() => good && fix()} data-testid="mast-fix">
          {say(good ? "mast.aim.fix" : "mast.aim.fixWaits")}
        </Button>
        {turn === null && (
          <Button kind="quiet" onClick={fix} data-testid="mast-by-eye">
            {say("mast.aim.byEye")}
          </Button>
        )}
      </Foot>
    </>
  );
}

function Degrees({ label, typed, low, high, onTyped, testid }: { label: string; typed: string; low: number; high: number; onTyped: (typed: string) => void; testid: string }) {
  const { say } = useWords();
  const wrong = typed.trim() !== "" && readMdeg(typed, low, high) === null;
  return (
    <Field
      label={label}
      wrong={wrong ? say("mast.aim.degreesWrong") : null}
      inputMode="decimal"
      autoComplete="off"
      value={typed}
      onChange={(event) => onTyped(event.target.value)}
      data-testid={testid}
    />
  );
}

function tenths(value: number, language: Language): string {
  const written = value.toFixed(1);
  return language === "nl" ? written.replace(".", ",") : written;
}

function whole(mdeg: number): number {
  return Math.round(mdeg / 1000);
}

type Say = ReturnType<typeof useWords>["say"];

function wayWords(turn: Turn, good: string, say: Say): string {
  const words = { right: "mast.aim.right", left: "mast.aim.left", up: "mast.aim.up", down: "mast.aim.down" } as const;
  return turn.way === "good" ? good : say(words[turn.way as Exclude<Way, "good">], { count: turn.degrees });
}

/** An arrow and the words; the ring is there for the eye alone. */
function TurnWords({ turn, now, plan }: { turn: Turn; now: number; plan: number }) {
  const { say } = useWords();
  return (
    <div className="fz-mast__turn" data-testid="mast-turn" data-way={turn.way}>
      <svg viewBox="0 0 100 100" className="fz-mast__arrow" data-way={turn.way} aria-hidden="true" focusable="false">
        <circle cx="50" cy="50" r="44" className="fz-mast__ring" />
        {turn.way === "good" ? (
          <path className="fz-mast__mark" d="M76 28 84 36 43 77 18 52 26 44 43 61Z" />
        ) : (
          <path className="fz-mast__mark" d="M26 42H54V28L78 50 54 72V58H26Z" />
        )}
      </svg>
      <div role="status">
        <p className="fz-mast__way">{wayWords(turn, say("mast.aim.good"), say)}</p>
        <p className="fz-mast__stands">{say("mast.aim.stands", { now: whole(now), plan: whole(plan) })}</p>
      </div>
    </div>
  );
}
