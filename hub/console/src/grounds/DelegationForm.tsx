// SPDX-License-Identifier: EUPL-1.2
// Entering a delegation: by which article the council lets the mayor decide, from when to when, and how far. It is not
// changed afterwards; a change of the law is a new one.
import { useWords } from "../i18n/language";
import { Field } from "../parts/Field";
import { Choice, Pick } from "../planning/fields";
import { usOf } from "../planning/local-time";
import type { Delegation, RegimeName } from "../planning/types";
import { useKeptForm } from "../theme/kept-form";
import { delegate, type NewDelegation } from "./api";
import { GroundForm, useGround, type FormProperties } from "./GroundForm";
import { TermFields } from "./TermFields";

const EMPTY = { ordinance: "", article: "", regime: "", from: "", to: "", mobile: "", hours: "", days: "" };
const NAME_MOST = 200; // as the hub takes it
const COUNT_MOST = 10_000;

function countOf(typed: string): number | null {
  const count = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : 0;
  return count >= 1 && count <= COUNT_MOST ? count : null;
}

/** What the hub is to be told; null while something is missing. */
function enteredOf(form: typeof EMPTY): NewDelegation | null {
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
  const { form, put, clear } = useKeptForm(`grounds.delegation.${account}`, EMPTY);
  const ground = useGround({ entered: enteredOf(form), send: delegate, clear, onDone, onSignedOut });
  const { tried, lacking } = ground;
  const words = { enter: say("grounds.delegation.enter"), lead: say("grounds.delegation.formLead"), deed: say("grounds.delegation.deed") };
  const miscounted = (text: string): string | null => (tried && countOf(text) === null ? say("grounds.delegation.countWrong") : null);
  const texts = [
    {
      name: "ordinance",
      label: say("grounds.delegation.ordinance"),
      hint: say("grounds.delegation.ordinanceHint"),
      missing: say("grounds.delegation.ordinanceMissing"),
    },
    {
      name: "article",
      label: say("grounds.delegation.article"),
      hint: say("grounds.delegation.articleHint"),
      missing: say("grounds.delegation.articleMissing"),
    },
  ] as const;
  const counts = [
    { name: "hours", testid: "max-window", label: say("grounds.delegation.hours") },
    { name: "days", testid: "max-days", label: say("grounds.delegation.days") },
  ] as const;
  return (
    <GroundForm what="delegation" words={words} ground={ground}>
      {texts.map(({ name, missing, ...described }) => (
        <Field
          {...described}
          key={name}
          value={form[name]}
          maxLength={NAME_MOST}
          wrong={lacking(form[name], missing)}
          data-testid={name}
          onChange={(event) => put({ [name]: event.target.value })}
        />
      ))}
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
      <TermFields from={form.from} to={form.to} tried={tried} suspect={ground.failure?.reason === "term-backwards"} onFrom={(from) => put({ from })} onTo={(to) => put({ to })} />
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
        {counts.map(({ name, testid, label }) => (
          <Field
            key={name}
            label={label}
            inputMode="numeric"
            autoComplete="off"
            value={form[name]}
            wrong={miscounted(form[name])}
            data-testid={testid}
            onChange={(event) => put({ [name]: event.target.value })}
          />
        ))}
      </div>
    </GroundForm>
  );
}
