// SPDX-License-Identifier: EUPL-1.2
// One thing that an urgent deployment owes: by when, what is to be given, and once it is done by whom and how. What is
// half written stays in this browser until the hub has it, also where somebody else was first.
import type { DeploymentView, Duty } from "../hub/types";
import { useEffect, useId, useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { goTo } from "../hub/place";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { TextArea } from "../parts/TextArea";
import { remember, remembered } from "../theme/remembered";
import { moment, timeLeft } from "../words/times";
import { fulfil, NOTE_LIMIT, publicationOf, publish, revise, standingOf, type Scene } from "./duties";
import { kindOf, nameOf } from "./duty-names";
import { GazetteNumber } from "./fields";

export interface CardProperties {
  scene: Scene;
  duty: Duty;
  account: string;
  nowUs: number;
  /** the first that is open: its button is the filled one */
  first: boolean;
  /** come for this one */
  sought: boolean;
  named: (account: string) => string;
  onDone: (owing: DeploymentView, what: string) => void;
  onSignedOut: () => void;
}

function useWritten(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => remembered(key) ?? "");
  const put = (after: string): void => {
    setText(after);
    remember(key, after === "" ? null : after);
  };
  return [text, put];
}

export function DutyCard(given: CardProperties) {
  const { scene, duty, account, nowUs, named } = given;
  const { say, language } = useWords();
  const id = useId();
  const [written, write] = useWritten(`duty.${account}.${scene.owing.id}.${duty.duty}`);
  const standing = standingOf(duty, nowUs);
  const done = duty.done_at_us !== null;
  const due = moment(duty.due_us, nowUs, language);
  const doneWords = { time: duty.done_at_us === null ? "" : moment(duty.done_at_us, nowUs, language), name: named(duty.done_by ?? ""), due };
  const words = {
    open: () => say("duties.before", { time: due, left: timeLeft(duty.due_us, nowUs, say) }),
    late: () => say("duties.overdue", { time: due }),
    done: () => say("duties.doneBy", doneWords),
    "done-late": () => say("duties.doneLate", doneWords),
  }[standing]();
  const heading = useRef<HTMLHeadingElement>(null);
  const was = useRef(done);
  useEffect(() => {
    // The form went away under who pressed its button: they go on reading where it stood.
    if (done && !was.current && document.activeElement === document.body) heading.current?.focus();
    was.current = done;
  }, [done]);
  return (
    <li className={`fz-duty fz-duty--${standing}`} data-testid="duty" data-duty={duty.duty} data-standing={standing}>
      <section aria-labelledby={id}>
        <h3 className="fz-duty__title" id={id} ref={heading} tabIndex={-1}>
          {nameOf(duty.duty, say)}
        </h3>
        <p className="fz-duty__due">
          <Icon name={done ? "tick" : standing === "late" ? "warning" : "clock"} /> {words}
        </p>
        {done && <p className="fz-duty__note">{duty.note}</p>}
        {done && written.trim() !== "" && written.trim() !== duty.note && (
          <div className="fz-duty__overtaken">
            <Notice tone="slow" testid="duty-overtaken" title={say("duties.overtaken")} hint={written} />
            <Button kind="secondary" data-testid="duty-drop" onClick={() => write("")}>
              {say("duties.drop")}
            </Button>
          </div>
        )}
        {!done && <DutyForm {...given} written={written} write={write} />}
      </section>
    </li>
  );
}

interface FormProperties extends CardProperties {
  written: string;
  write: (text: string) => void;
}

/** What the hub is to be told; null where it cannot be yet. */
function noteOf({ scene, duty, written }: FormProperties): { note: string; publication: string | null } | null {
  const { designation } = scene;
  if (duty.duty !== "publication" || designation === null) {
    const note = written.trim();
    return note === "" ? null : { note, publication: null };
  }
  if (designation.publication !== null) return { note: designation.publication, publication: null };
  const publication = publicationOf(written);
  return publication === null ? null : { note: publication, publication };
}

function DutyForm(given: FormProperties) {
  const { scene, duty, first, sought, written, write, onDone, onSignedOut } = given;
  const { say } = useWords();
  const [tried, setTried] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const form = useRef<HTMLFormElement>(null);
  const field = (): HTMLElement | null => form.current?.querySelector<HTMLElement>("input, textarea, button") ?? null;
  useEffect(() => {
    if (sought) field()?.focus();
  }, [sought]);
  const numbered = duty.duty === "publication" && scene.designation !== null;
  const published = numbered && scene.designation?.publication !== null;
  const { plan } = scene;
  const placed = duty.duty === "posts" && plan?.state === "decided" ? (plan.body.posts ?? []).map((one) => one.name || one.post).join(", ") : "";
  const prefilled = written === "" ? placed : written;

  const send = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    const told = noteOf({ ...given, written: prefilled });
    if (told === null) return field()?.focus();
    void run(async () => {
      if (told.publication !== null && scene.designation !== null) await publish(scene.designation.id, told.publication);
      const owing = await fulfil(scene.owing.id, duty.duty, told.note);
      if (numbered || owing.duties.find((one) => one.duty === duty.duty)?.note === told.note) write("");
      onDone(owing, nameOf(duty.duty, say));
    });
  };
  const wrong = tried && noteOf({ ...given, written: prefilled }) === null;
  return (
    <form className="fz-duty__form" ref={form} noValidate onSubmit={send}>
      <p className="fz-duty__asks">
        <Asks scene={scene} duty={duty} placed={placed} />
      </p>
      <Failed failure={failure} testid="duty-failed" />
      {numbered && !published && (
        <GazetteNumber
          label={say("duties.number")}
          hint={say("duties.numberHint")}
          value={written}
          wrong={wrong ? say("duties.numberWrong") : null}
          data-testid="duty-number"
          onChange={(event) => write(event.target.value)}
        />
      )}
      {!numbered && (
        <TextArea
          label={say("duties.note")}
          value={prefilled}
          maxLength={NOTE_LIMIT}
          wrong={wrong ? say("duties.missing") : null}
          data-testid="duty-note"
          onChange={(event) => write(event.target.value)}
        />
      )}
      <div className="fz-duty__deeds">
        <Button kind={first ? "primary" : "secondary"} type="submit" aria-disabled={busy} data-testid="duty-deed">
          {busy ? say("duties.busy") : say("duties.deed")}
        </Button>
        {(duty.duty === "posts" || duty.duty === "entries") && <Revision scene={scene} of={duty.duty} onSignedOut={onSignedOut} />}
      </div>
    </form>
  );
}

/** What is wanted for it, as things stand. */
function Asks({ scene, duty, placed }: { scene: Scene; duty: Duty; placed: string }) {
  const { say } = useWords();
  const { owing, plan, designation } = scene;
  switch (kindOf(duty.duty)) {
    case "publication": {
      const name = designation?.name ?? "";
      const publication = designation?.publication;
      return publication ? say("duties.asks.published", { name, publication }) : say("duties.asks.publication", { name });
    }
    case "consultation":
      return say("duties.asks.consultation");
    case "alternatives":
      return say("duties.asks.alternatives");
    case "entries":
      return say("duties.asks.entries");
    case "posts":
      if (placed !== "") return say("duties.asks.postsDecided", { posts: placed });
      if (waitsForSigners(plan, owing)) return say("duties.asks.postsSubmitted");
      return owing.state === "over" ? say("duties.asks.postsOver") : say("duties.asks.posts");
    case null:
      return null;
  }
}

/** Whether a newer decision than the one that stands is being signed. */
function waitsForSigners(plan: Scene["plan"], owing: DeploymentView): boolean {
  return plan?.state === "submitted" && owing.previous !== null;
}

/** Cameras hang elsewhere than was signed: a newer decision says where, and two people sign it as any other. */
function Revision({ scene, of, onSignedOut }: { scene: Scene; of: "posts" | "entries"; onSignedOut: () => void }) {
  const { say } = useWords();
  const { owing, plan, revision } = scene;
  const { busy, failure, run } = useDeed(onSignedOut);
  if (waitsForSigners(plan, owing)) return <Link href={`/decisions/${owing.id}`}>{say("duties.seeSigning")}</Link>;
  if (revision !== null) return <Link href={`/plans/${revision.id}/${of === "posts" ? "posts" : "area"}`}>{say("duties.goOn")}</Link>;
  if (owing.state === "draft" || owing.state === "over" || (plan?.body[of]?.length ?? 0) > 0) return null;
  const begin = (): Promise<boolean> => run(async () => goTo(`/plans/${await revise(owing)}/${of === "posts" ? "posts" : "area"}`));
  return (
    <div className="fz-duty__revision">
      <Failed failure={failure} testid="revise-failed" />
      <Button kind="secondary" aria-disabled={busy} data-testid="duty-revise" onClick={() => void begin()}>
        {busy ? say("duties.revising") : say("duties.revise")}
      </Button>
      <p className="fz-field__hint">{say("duties.reviseHint")}</p>
    </div>
  );
}
