// SPDX-License-Identifier: EUPL-1.2
// Which unit hangs here: its code scanned or typed, or one that is known. A new one is let in by an operator, who hears
// the fingerprint from whoever stands beside it.
import { useCallback, useRef, useState, type FormEvent } from "react";
import { hub } from "../hub/api";
import { useAsked } from "../hub/asking";
import type { Unit } from "../hub/units";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Anew } from "./Anew";
import { Failed } from "../parts/Failed";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { enrolments, incoming } from "../units/api";
import { inTwoGroups } from "../units/claim-code";
import { labelGroups } from "../units/label-groups";
import type { StepProperties } from "./MastScreen";
import { Foot, Question, UnitKey } from "./parts";
import { canScan, codeIn, useScanner } from "./phone";

type Way = "scan" | "type" | "known";

export function UnitStep(step: StepProperties) {
  return step.job.unit === null ? <FindUnit {...step} /> : <FoundUnit {...step} />;
}

function FindUnit({ onJob, standing, onSignedOut }: StepProperties) {
  const { answer: units } = useAsked(hub.units, ["units"], onSignedOut);
  const { say } = useWords();
  const [way, setWay] = useState<Way>(canScan() ? "scan" : "type");
  const { busy, failure, run } = useDeed(onSignedOut);
  const [blind, setBlind] = useState(false);

  const claim = useCallback(
    async (code: string): Promise<void> => {
      const done = await run(async () => {
        const { unit, camera, groups, until_us } = await enrolments.claim(code);
        onJob({ unit, camera, groups, untilUs: until_us });
      });
      if (!done) setWay("type");
    },
    [run, onJob],
  );

  const noCamera = (): void => {
    setBlind(true);
    setWay("type");
  };

  if (way === "known") {
    return <KnownUnits units={units} standing={standing} onTake={(unit) => onJob({ unit: unit.unit, camera: unit.camera, groups: labelGroups(unit.fingerprint), step: "post" })} onBack={() => setWay("type")} />;
  }
  return (
    <>
      <Question title={say("mast.unit.title")}>
        {way === "scan" ? <Scanner onCode={claim} onNoCamera={noCamera} /> : <CodeForm busy={busy} onCode={claim} />}
        {blind && <p role="status">{say("mast.unit.noCamera")}</p>}
        <Failed failure={failure} testid="mast-failed" />
      </Question>
      <Foot>
        {way === "scan" && (
          <Button kind="primary" onClick={() => setWay("type")} data-testid="mast-type">
            {say("mast.unit.type")}
          </Button>
        )}
        {way === "type" && (
          <Button kind="primary" type="submit" form="mast-code" aria-disabled={busy} data-testid="mast-find">
            {busy ? say("mast.busy") : say("mast.unit.find")}
          </Button>
        )}
        {way === "type" && canScan() && !blind && (
          <Button kind="quiet" onClick={() => setWay("scan")}>
            {say("mast.unit.toScan")}
          </Button>
        )}
        <Button kind="quiet" onClick={() => setWay("known")} data-testid="mast-known">
          {say("mast.unit.known")}
        </Button>
      </Foot>
    </>
  );
}

function Scanner({ onCode, onNoCamera }: { onCode: (code: string) => void; onNoCamera: () => void }) {
  const { say } = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const missing = useRef(onNoCamera);
  missing.current = onNoCamera;
  const gone = useCallback(() => missing.current(), []);
  useScanner(true, video, onCode, gone);
  return (
    <figure className="fz-mast__scan">
      <video ref={video} muted playsInline aria-label={say("mast.unit.scanLabel")} data-testid="mast-scanner" />
      <figcaption>{say("mast.unit.scan")}</figcaption>
    </figure>
  );
}

function CodeForm({ busy, onCode }: { busy: boolean; onCode: (code: string) => Promise<void> }) {
  const { say } = useWords();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const find = (event: FormEvent): void => {
    event.preventDefault();
    if (busy) return;
    const code = codeIn(typed);
    setWrong(code === null ? say("mast.unit.codeWrong") : null);
    if (code !== null) void onCode(code);
  };
  return (
    <form id="mast-code" onSubmit={find} noValidate>
      <Field
        label={say("mast.unit.code")}
        hint={say("mast.unit.codeHint")}
        wrong={wrong}
        className="fz-mast__code"
        value={typed}
        onChange={(event) => setTyped(inTwoGroups(event.target.value))}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={14}
        data-testid="mast-code"
      />
    </form>
  );
}

function KnownUnits({ units, standing, onTake, onBack }: { units: Unit[] | null; standing: StepProperties["standing"]; onTake: (unit: Unit) => void; onBack: () => void }) {
  const { say } = useWords();
  const [chosen, setChosen] = useState<string | null>(null);
  const known = (units ?? []).filter((unit) => unit.state === "active");
  const taken = known.find((unit) => unit.unit === chosen);
  return (
    <>
      <Question title={say("mast.unit.knownTitle")}>
        {units === null && <p>{say("mast.loading")}</p>}
        {units !== null && known.length === 0 && <p>{say("mast.unit.knownNone")}</p>}
        <fieldset className="fz-mast__choices">
          <legend className="fz-unseen">{say("mast.unit.knownTitle")}</legend>
          {known.map((unit) => (
            <label key={unit.unit} className="fz-mast__choice" data-testid={`mast-unit-${unit.unit}`}>
              <input type="radio" name="unit" checked={chosen === unit.unit} onChange={() => setChosen(unit.unit)} />
              <span>
                <strong>{unit.unit}</strong>
                <span className="fz-mast__small">
                  {say(unit.online ? "mast.unit.online" : "mast.unit.offline")}
                  {standing.has(unit.unit) && ` · ${say(`mast.unit.${standing.get(unit.unit)?.films ? "films" : "placed"}`, { number: standing.get(unit.unit)?.number ?? "" })}`}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
      </Question>
      <Foot>
        <Button kind="primary" aria-disabled={taken === undefined} onClick={() => taken && onTake(taken)} data-testid="mast-take">
          {taken ? say("mast.unit.take", { unit: taken.unit }) : say("mast.unit.choose")}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          {say("mast.back")}
        </Button>
      </Foot>
    </>
  );
}

const statusWords = {
  waiting: "mast.unit.waits",
  confirmed: "mast.unit.confirmed",
  refused: "mast.unit.refused",
  expired: "mast.unit.expired",
} as const;

/** How it stands with a unit whose code was typed. */
export type Stands = "waiting" | "confirmed" | "refused" | "expired";

interface Found {
  waits: boolean;
  known: boolean;
}

/** Who waits is asked first: a unit that is let in between the two questions is then in the second answer. */
export async function found(unit: string | null, ask = { incoming, units: hub.units }): Promise<Found> {
  const waiting = await ask.incoming();
  const units = await ask.units();
  return { waits: waiting.some((one) => one.unit === unit), known: units.some((one) => one.unit === unit && one.state === "active") };
}

export function standsOf(answer: Found | null, untilUs: number | null | undefined, nowUs: number): Stands {
  if (answer === null) return "waiting";
  if (answer.known) return "confirmed";
  if (answer.waits) return "waiting";
  return untilUs != null && untilUs <= nowUs ? "expired" : "refused";
}

/** It waits until an operator has compared its fingerprint. */
function FoundUnit({ job, onJob, nowUs, onSignedOut }: StepProperties) {
  const { say } = useWords();
  const question = useCallback(() => found(job.unit), [job.unit]);
  const { answer } = useAsked(question, ["units"], onSignedOut);
  const stands = standsOf(answer, job.untilUs, nowUs);
  const known = stands === "confirmed";
  return (
    <>
      <Question title={say("mast.unit.title")}>
        <div className="fz-mast__card" data-testid="mast-found" data-state={stands}>
          <p className="fz-mast__name">
            {known && <Icon name="tick" size={20} />}
            {say("mast.unit.found", { unit: job.unit ?? "" })}
          </p>
          {job.groups !== null && (
            <>
              <UnitKey groups={job.groups} />
              {stands === "waiting" && <p>{say("mast.unit.groupsHint")}</p>}
            </>
          )}
          <p role="status" className="fz-mast__status">
            {say(statusWords[stands])}
          </p>
        </div>
      </Question>
      <Foot>
        <Button kind="primary" aria-disabled={!known} onClick={() => known && onJob({ step: "post" })} data-testid="mast-on">
          {say(known ? "mast.unit.on" : "mast.unit.onWaits")}
        </Button>
        <Anew unit={job.unit ?? ""} onAnew={() => onJob({ unit: null, camera: null, groups: null, untilUs: null })} testid="mast-found-anew" />
      </Foot>
    </>
  );
}
