// SPDX-License-Identifier: EUPL-1.2
// Entering a designation: which area, under which delegation, from when to when, and where it was published. Only the
// publication may follow later.
import { useWords } from "../i18n/language";
import { Field } from "../parts/Field";
import { publicationOf } from "../planning/duties";
import { GazetteNumber, Pick } from "../planning/fields";
import { usOf } from "../planning/local-time";
import type { Designation } from "../planning/types";
import { useKeptForm } from "../theme/kept-form";
import { grouped } from "../words/numbers";
import { instant } from "../words/times";
import { designate, inForceFirst, termOf, type NewDesignation } from "./api";
import { AreaField } from "./AreaField";
import { cornersOf } from "./corners";
import { GroundForm, useGround, type FormProperties } from "./GroundForm";
import { TermFields } from "./TermFields";

const EMPTY = { delegation: "", name: "", publication: "", from: "", to: "", area: "" };
const NAME_MOST = 200; // as the hub takes it
const SECONDS = ":00".length;
const OF_THE_TERM = new Set(["term-backwards", "delegation-term", "designation-too-long"]);

/** What the hub is to be told; null while something is missing. */
function enteredOf(form: typeof EMPTY): NewDesignation | null {
  const [fromUs, toUs] = [usOf(form.from), usOf(form.to)];
  const publication = form.publication.trim() === "" ? null : publicationOf(form.publication);
  const { corners, fault } = cornersOf(form.area);
  if (form.delegation === "" || form.name.trim() === "" || fromUs === null || toUs === null || fault !== null) return null;
  if (form.publication.trim() !== "" && publication === null) return null;
  return { delegation: form.delegation, name: form.name.trim(), publication, area: corners, valid_from_us: fromUs, valid_to_us: toUs };
}

export function DesignationForm({ grounds, account, nowUs, onDone, onSignedOut }: FormProperties<Designation>) {
  const { say, language } = useWords();
  const { form, put, clear } = useKeptForm(`grounds.designation.${account}`, EMPTY);
  const standing = inForceFirst(grounds.delegations, nowUs).filter((one) => termOf(one, nowUs) !== "over");
  const under = standing.find((one) => one.id === form.delegation) ?? null;
  const day = (us: number): string => instant(us, language).slice(0, -SECONDS);
  const ground = useGround({ entered: under === null ? null : enteredOf(form), send: designate, clear, onDone, onSignedOut });
  const { tried, lacking } = ground;
  const words = { enter: say("grounds.designation.enter"), lead: say("grounds.designation.formLead"), deed: say("grounds.designation.deed") };
  const reason = ground.failure?.reason ?? "";
  const numberWrong = tried && form.publication.trim() !== "" && publicationOf(form.publication) === null;
  return (
    <GroundForm what="designation" words={words} ground={ground}>
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
        suspect={OF_THE_TERM.has(reason)}
        onFrom={(from) => put({ from })}
        onTo={(to) => put({ to })}
      />
      <AreaField
        text={form.area}
        designations={grounds.designations}
        tried={tried}
        suspect={reason === "area-wrong"}
        onText={(area) => put({ area })}
        onSignedOut={onSignedOut}
      />
      <GazetteNumber
        label={say("grounds.publication.numberLater")}
        hint={say("grounds.publication.hint")}
        value={form.publication}
        wrong={numberWrong ? say("grounds.publication.wrong") : null}
        data-testid="designation-publication"
        onChange={(event) => put({ publication: event.target.value })}
      />
    </GroundForm>
  );
}
