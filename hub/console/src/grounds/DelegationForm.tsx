// SPDX-License-Identifier: EUPL-1.2
// Entering a delegation: by which article the council lets the mayor decide, from when to when, and how far. It is not
// changed afterwards; a change of the law is a new one.
import { useRef, useState, type FormEvent } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { Choice, Pick } from "../planning/fields";
import { usOf } from "../planning/local-time";
import type { Delegation, RegimeName } from "../planning/types";
import { delegate, type Grounds, type NewDelegation } from "./api";
import { DELEGATION, useKeptForm } from "./kept-form";
import { useSending } from "./refusal";
import { firstWrong, TermFields, type TermFault } from "./TermFields";

export interface FormProperties<T> {
  grounds: Grounds;
  account: string;
  nowUs: number;
  onDone: (made: T) => void;
  onSignedOut: () => void;
}

const NAME_MOST = 200; // as the hub takes it
const COUNT_MOST = 10_000;

function countOf(typed: string): number | null {
  const count = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : 0;
  return count >= 1 && count <= COUNT_MOST ? count : null;
}

/** What the hub is to be told; null while something is missing. */
function enteredOf(form: typeof DELEGATION): NewDelegation | null {
  const [fromUs, toUs] = [usOf(form.from), usOf(form.to)];
  const [hours, days] = [countOf(form.hours), countOf(form.days)];
  const [ordinance, article] = [form.ordinance.trim(), form.article.trim()];
  if (ordinance === "" || article === "" || form.regime === "" || form.mobile === "") return null;
  if (fromUs === null || toUs === null || hours === null || days === null) return null;
  return {
    ordinance,
    article,
    regime: form.regime as RegimeName,
    valid_from_us: fromUs,
    valid_to_us: toUs,
    mobile_allowed: form.mobile === "yes",
    max_window_h: hours,
    max_designation_days: days,
  };
}

export function DelegationForm({ grounds, account, onDone, onSignedOut }: FormProperties<Delegation>) {
  const { say } = useWords();
  const { form, put, clear } = useKeptForm(`grounds.delegation.${account}`, DELEGATION);
  const [tried, setTried] = useState(false);
  const { busy, refusal, send } = useSending(onSignedOut);
  const element = useRef<HTMLFormElement>(null);
  const lacking = (text: string, words: string): string | null => (tried && text.trim() === "" ? words : null);
  const miscounted = (text: string): string | null => (tried && countOf(text) === null ? say("grounds.delegation.countWrong") : null);
  const suspect: TermFault = refusal?.reason === "term-backwards" ? "suspect" : null;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const entered = enteredOf(form);
    if (entered === null) return firstWrong(element.current);
    await send(
      () => delegate(entered),
      (made) => {
        clear();
        onDone(made);
      },
    );
  };
  return (
    <form className="fz-ground-form" noValidate ref={element} onSubmit={(event) => void submit(event)} data-testid="delegation-form" aria-labelledby="fz-delegation-form">
      <h2 id="fz-delegation-form">{say("grounds.delegation.enter")}</h2>
      <p className="fz-grounds__muted">{say("grounds.delegation.formLead")}</p>
      <Field
        label={say("grounds.delegation.ordinance")}
        hint={say("grounds.delegation.ordinanceHint")}
        value={form.ordinance}
        maxLength={NAME_MOST}
        wrong={lacking(form.ordinance, say("grounds.delegation.ordinanceMissing"))}
        data-testid="ordinance"
        onChange={(event) => put({ ordinance: event.target.value })}
      />
      <Field
        label={say("grounds.delegation.article")}
        hint={say("grounds.delegation.articleHint")}
        value={form.article}
        maxLength={NAME_MOST}
        wrong={lacking(form.article, say("grounds.delegation.articleMissing"))}
        data-testid="article"
        onChange={(event) => put({ article: event.target.value })}
      />
      <Pick
        label={say("grounds.delegation.regime")}
        value={form.regime}
        options={grounds.regimes.map((one) => ({ value: one.regime, title: one.law }))}
        empty={say("planning.choose")}
        wrong={lacking(form.regime, say("grounds.delegation.regimeMissing"))}
        disabled={false}
        testid="delegation-regime"
        onValue={(regime) => put({ regime })}
      />
      <TermFields from={form.from} to={form.to} tried={tried} fault={suspect} onFrom={(from) => put({ from })} onTo={(to) => put({ to })} />
      <Choice
        label={say("grounds.delegation.kind")}
        options={[
          { value: "yes", title: say("grounds.delegation.mobile"), says: say("grounds.delegation.mobileSays") },
          { value: "no", title: say("grounds.delegation.fixed"), says: say("grounds.delegation.fixedSays") },
        ]}
        value={form.mobile === "" ? null : form.mobile}
        wrong={lacking(form.mobile, say("grounds.delegation.kindMissing"))}
        disabled={false}
        testid="mobile"
        onValue={(mobile) => put({ mobile })}
      />
      <div className="fz-ground-form__two">
        <Field
          label={say("grounds.delegation.hours")}
          inputMode="numeric"
          autoComplete="off"
          value={form.hours}
          wrong={miscounted(form.hours)}
          data-testid="max-window"
          onChange={(event) => put({ hours: event.target.value })}
        />
        <Field
          label={say("grounds.delegation.days")}
          inputMode="numeric"
          autoComplete="off"
          value={form.days}
          wrong={miscounted(form.days)}
          data-testid="max-days"
          onChange={(event) => put({ days: event.target.value })}
        />
      </div>
      {refusal !== null && <Notice tone="lost" testid="ground-refused" title={refusal.title} hint={refusal.hint} reason={refusal.reason} />}
      <div className="fz-ground-form__deeds">
        <Button kind="primary" type="submit" aria-disabled={busy} data-testid="delegation-deed">
          {busy ? say("grounds.busy") : say("grounds.delegation.deed")}
        </Button>
        <Link href="/grounds">{say("grounds.back")}</Link>
      </div>
    </form>
  );
}
