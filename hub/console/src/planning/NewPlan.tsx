// SPDX-License-Identifier: EUPL-1.2
// A new plan begins with its regime, for who may see and review follows from it; then a title, which is a place and a
// date and never what a demonstration is about.
import { useState, type FormEvent } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { goTo } from "../hub/place";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { planning } from "./api";
import type { Known } from "./desk";
import { Choice, Wrong } from "./fields";
import { RegimeSays } from "./steps/RegimeSays";
import type { RegimeName } from "./types";

export function NewPlan({ known, onSignedOut, onClose }: { known: Known; onSignedOut: () => void; onClose: () => void }) {
  const { say } = useWords();
  const [regime, setRegime] = useState<RegimeName | null>(null);
  const [title, setTitle] = useState("");
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setAsked(true);
    if (regime === null || title.trim() === "" || busy) return;
    setBusy(true);
    try {
      goTo(`/plans/${(await planning.create(title.trim(), regime)).id}`);
    } catch (failure) {
      if (failure instanceof RefusedError && failure.status === 401) return onSignedOut();
      if (failure instanceof RefusedError) setRefused(String(failure.problem.detail ?? ""));
      else if (failure instanceof HubUnreachableError) setRefused(say("planning.submit.unreachable"));
      else throw failure;
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={say("planning.new.heading")} testid="new-plan-dialog" onClose={onClose}>
      <form className="fz-form fz-form--bare" onSubmit={(event) => void make(event)} noValidate>
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
          wrong={refused ?? (asked && title.trim() === "" ? say("planning.new.titleMissing") : null)}
          placeholder={say("planning.new.titleExample")}
          data-testid="new-title"
          onChange={(event) => {
            setTitle(event.target.value);
            setRefused(null);
          }}
        />
        {known.regimes.length === 0 && <Wrong says={say("planning.knownFailedHint")} />}
        <div>
          <Button kind="primary" type="submit" data-testid="make-plan" aria-disabled={busy}>
            {say("planning.new.make")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
