// SPDX-License-Identifier: EUPL-1.2
// Entering a designation: which area, under which delegation, from when to when, and where it was published. Only the
// publication may follow later.
import { useRef, useState, type FormEvent } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { publicationOf } from "../planning/duties";
import { Pick } from "../planning/fields";
import { usOf } from "../planning/local-time";
import type { Designation } from "../planning/types";
import { grouped } from "../words/numbers";
import { instant } from "../words/times";
import { designate, inForceFirst, termOf, type NewDesignation } from "./api";
import { AreaField } from "./AreaField";
import { cornersOf } from "./corners";
import type { FormProperties } from "./DelegationForm";
import { DESIGNATION, useKeptForm } from "./kept-form";
import { useSending } from "./refusal";
import { firstWrong, TermFields } from "./TermFields";

const NAME_MOST = 200; // as the hub takes it
const SECONDS = ":00".length;
const OF_THE_TERM = new Set(["term-backwards", "delegation-term", "designation-too-long"]);

/** What the hub is to be told; null while something is missing. */
function enteredOf(form: typeof DESIGNATION): NewDesignation | null {
  const [fromUs, toUs] = [usOf(form.from), usOf(form.to)];
  const publication = form.publication.trim() === "" ? null : publicationOf(form.publication);
  const { corners, fault } = cornersOf(form.area);
  if (form.delegation === "" || form.name.trim() === "" || fromUs === null || toUs === null || fault !== null) return null;
  if (form.publication.trim() !== "" && publication === null) return null;
  return { delegation: form.delegation, name: form.name.trim(), publication, area: corners, valid_from_us: fromUs, valid_to_us: toUs };
}

export function DesignationForm({ grounds, account, nowUs, onDone, onSignedOut }: FormProperties<Designation>) {
  const { say, language } = useWords();
  const { form, put, clear } = useKeptForm(`grounds.designation.${account}`, DESIGNATION);
  const [tried, setTried] = useState(false);
  const { busy, refusal, send } = useSending(onSignedOut);
  const element = useRef<HTMLFormElement>(null);
  const standing = inForceFirst(grounds.delegations, nowUs).filter((one) => termOf(one, nowUs) !== "over");
  const under = standing.find((one) => one.id === form.delegation) ?? null;
  const day = (us: number): string => instant(us, language).slice(0, -SECONDS);
  const lacking = (text: string, words: string): string | null => (tried && text.trim() === "" ? words : null);
  const numberWrong = tried && form.publication.trim() !== "" && publicationOf(form.publication) === null;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const entered = under === null ? null : enteredOf(form);
    if (entered === null) return firstWrong(element.current);
    await send(
      () => designate(entered),
      (made) => {
        clear();
        onDone(made);
      },
    );
  };
  return (
    <form className="fz-ground-form" noValidate ref={element} onSubmit={(event) => void submit(event)} data-testid="designation-form" aria-labelledby="fz-designation-form">
      <h2 id="fz-designation-form">{say("grounds.designation.enter")}</h2>
      <p className="fz-grounds__muted">{say("grounds.designation.formLead")}</p>
      <Pick
        label={say("grounds.designation.delegation")}
        hint={
          under === null
            ? undefined
            : say("grounds.designation.within", { from: day(under.valid_from_us), to: day(under.valid_to_us), days: grouped(under.max_designation_days) })
        }
        value={under?.id ?? ""}
        options={standing.map((one) => ({
          value: one.id,
          title: say("grounds.delegation.titledUntil", { ordinance: one.ordinance, article: one.article, to: day(one.valid_to_us) }),
        }))}
        empty={say("planning.choose")}
        wrong={tried && under === null ? say("grounds.designation.delegationMissing") : null}
        disabled={false}
        testid="delegation-pick"
        onValue={(delegation) => put({ delegation })}
      />
      <Field
        label={say("grounds.designation.name")}
        hint={say("grounds.designation.nameHint")}
        value={form.name}
        maxLength={NAME_MOST}
        wrong={lacking(form.name, say("grounds.designation.nameMissing"))}
        data-testid="designation-name"
        onChange={(event) => put({ name: event.target.value })}
      />
      <TermFields
        from={form.from}
        to={form.to}
        tried={tried}
        fault={refusal !== null && OF_THE_TERM.has(refusal.reason) ? "suspect" : null}
        onFrom={(from) => put({ from })}
        onTo={(to) => put({ to })}
      />
      <AreaField
        text={form.area}
        designations={grounds.designations}
        tried={tried}
        suspect={refusal?.reason === "area-wrong"}
        onText={(area) => put({ area })}
        onSignedOut={onSignedOut}
      />
      <Field
        label={say("grounds.publication.numberLater")}
        hint={say("grounds.publication.hint")}
        value={form.publication}
        maxLength={30}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        wrong={numberWrong ? say("grounds.publication.wrong") : null}
        data-testid="designation-publication"
        onChange={(event) => put({ publication: event.target.value })}
      />
      {refusal !== null && <Notice tone="lost" testid="ground-refused" title={refusal.title} hint={refusal.hint} reason={refusal.reason} />}
      <div className="fz-ground-form__deeds">
        <Button kind="primary" type="submit" aria-disabled={busy} data-testid="designation-deed">
          {busy ? say("grounds.busy") : say("grounds.designation.deed")}
        </Button>
        <Link href="/grounds">{say("grounds.back")}</Link>
      </div>
    </form>
  );
}
