// SPDX-License-Identifier: EUPL-1.2
// A new plan begins with its regime, for who may see and review follows from it; then a title, which is a place and a
// date and never what a demonstration is about.
import { useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { goTo } from "../hub/place";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failed } from "../parts/Failed";
import { Field } from "../parts/Field";
import { planning } from "./api";
import type { Known } from "./desk";
import { Choice, toFirstWrong, Wrong } from "./fields";
import { RegimeSays } from "./steps/RegimeSays";
import type { RegimeName } from "./types";

export function NewPlan({ known, onSignedOut, onClose }: { known: Known; onSignedOut: () => void; onClose: () => void }) {
  const { say } = useWords();
  const [regime, setRegime] = useState<RegimeName | null>(null);
  const [title, setTitle] = useState("");
  const [asked, setAsked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const { busy, failure, run, forget } = useDeed(onSignedOut);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    setAsked(true);
    if (regime === null || title.trim() === "") return toFirstWrong(form);
    void run(async () => goTo(`/plans/${(await planning.create(title.trim(), regime)).id}`));
  };
  return (
    <Dialog title={say("planning.new.heading")} testid="new-plan-dialog" onClose={onClose}>
      <form className="fz-form fz-form--bare" onSubmit={make} noValidate ref={form}>
        <Choice
          label={say("planning.ground.regime")}
          hint={say("planning.ground.regimeHint")}
          options={known.regimes.map((one) => ({ value: one.regime, title: one.law, says: <RegimeSays regime={one} /> }))}
          value={regime}
          wrong={asked && regime === null ? say("planning.new.regimeMissing") : null}
          disabled={false}
          testid="new-regime"
          onValue={setRegime}
        />
        <Field
          label={say("planning.ground.title")}
          value={title}
          maxLength={120}
          wrong={asked && title.trim() === "" ? say("planning.new.titleMissing") : null}
          placeholder={say("planning.new.titleExample")}
          data-testid="new-title"
          onChange={(event) => {
            setTitle(event.target.value);
            forget();
          }}
        />
        <Failed failure={failure} testid="new-plan-failed" />
        {known.regimes.length === 0 && <Wrong says={say("planning.knownFailedHint")} />}
        <div className="fz-form__foot">
          <Button kind="primary" type="submit" data-testid="make-plan" aria-disabled={busy}>
            {say("planning.new.make")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
