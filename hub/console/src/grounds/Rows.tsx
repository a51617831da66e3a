// SPDX-License-Identifier: EUPL-1.2
// A delegation and a designation as they are listed: whether it holds first, then what it says.
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { StateWord, type Tone } from "../parts/StateWord";
import { publicationOf, publish } from "../planning/duties";
import { GazetteNumber } from "../planning/fields";
import { areaM2 } from "../planning/plane";
import type { Delegation, Designation } from "../planning/types";
import { useKeptForm } from "../theme/kept-form";
import { grouped } from "../words/numbers";
import { instant } from "../words/times";
import { termOf, type Term } from "./api";
import { Refused } from "./Refused";

const EMPTY = { number: "" };
const SECONDS = ":00".length;
const tones: Record<Term, Tone> = { holds: "live", coming: "slow", over: "off" };

interface TermProperties {
  fromUs: number;
  toUs: number;
  term: Term;
}

function Standing({ fromUs, toUs, term }: TermProperties) {
  const { say, language } = useWords();
  const times = { from: instant(fromUs, language).slice(0, -SECONDS), to: instant(toUs, language).slice(0, -SECONDS) };
  return (
    <div className="fz-ground__term">
      <StateWord tone={tones[term]} word={{ holds: say("grounds.term.holds"), coming: say("grounds.term.coming"), over: say("grounds.term.over") }[term]} />
      <p className="fz-grounds__muted">{say("grounds.term.fromTo", times)}</p>
    </div>
  );
}

export function DelegationRow({ one, law, nowUs }: { one: Delegation; law: string; nowUs: number }) {
  const { say } = useWords();
  const term = termOf(one, nowUs);
  return (
    <li className={`fz-ground fz-ground--${term}`} data-testid="delegation" data-term={term}>
      <Standing fromUs={one.valid_from_us} toUs={one.valid_to_us} term={term} />
      <div className="fz-ground__what">
        <h3 className="fz-ground__name">{say("grounds.delegation.titled", { ordinance: one.ordinance, article: one.article })}</h3>
        <p>{law}</p>
        <p className="fz-grounds__muted">
          {say(one.mobile_allowed ? "grounds.delegation.mobile" : "grounds.delegation.fixed")}{" "}
          {say("grounds.delegation.limits", { hours: grouped(one.max_window_h), days: grouped(one.max_designation_days) })}
        </p>
      </div>
    </li>
  );
}

interface DesignationProperties {
  one: Designation;
  delegation: Delegation | null;
  account: string;
  nowUs: number;
  writes: boolean;
  onPublished: (name: string) => void;
  onSignedOut: () => void;
}

export function DesignationRow(given: DesignationProperties) {
  const { one, delegation, nowUs, writes } = given;
  const { say } = useWords();
  const term = termOf(one, nowUs);
  return (
    <li className={`fz-ground fz-ground--${term}`} data-testid="designation-row" data-term={term} data-published={one.publication !== null}>
      <Standing fromUs={one.valid_from_us} toUs={one.valid_to_us} term={term} />
      <div className="fz-ground__what">
        <h3 className="fz-ground__name">{one.name}</h3>
        <p>
          {say("grounds.designation.size", { m2: grouped(Math.round(areaM2(one.area))) })} ·{" "}
          {one.publication ?? <strong data-testid="unpublished">{say("grounds.designation.unpublished")}</strong>}
        </p>
        <p className="fz-grounds__muted">
          {delegation === null
            ? say("grounds.designation.standsUnlisted")
            : say("grounds.designation.stands", { ordinance: delegation.ordinance, article: delegation.article })}
        </p>
        {writes && one.publication === null && <Publishing {...given} />}
      </div>
    </li>
  );
}

/** Its number in the gazette, noted later: once, and not changed afterwards. */
function Publishing({ one, account, onPublished, onSignedOut }: DesignationProperties) {
  const { say } = useWords();
  const { form, put, clear } = useKeptForm(`grounds.publication.${account}.${one.id}`, EMPTY);
  const [open, setOpen] = useState(form.number !== "");
  const [tried, setTried] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const field = useRef<HTMLInputElement>(null);
  const pressed = useRef(false);
  const number = publicationOf(form.number);
  useEffect(() => {
    if (open && pressed.current) field.current?.focus();
  }, [open]);
  if (!open) {
    return (
      <div>
        <Button
          kind="secondary"
          data-testid="publish"
          onClick={() => {
            pressed.current = true;
            setOpen(true);
          }}
        >
          {say("grounds.publication.enter", { name: one.name })}
        </Button>
      </div>
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (number === null) return field.current?.focus();
    void run(async () => {
      await publish(one.id, number);
      clear();
      onPublished(one.name);
    });
  };
  return (
    <form className="fz-ground__publication" noValidate onSubmit={submit} aria-label={say("grounds.publication.enter", { name: one.name })}>
      <GazetteNumber
        label={say("grounds.publication.number")}
        hint={say("grounds.publication.hint")}
        inputRef={field}
        value={form.number}
        wrong={tried && number === null ? say("grounds.publication.wrong") : null}
        suspect={failure !== null && failure.rule !== ""}
        data-testid="publication"
        onChange={(event) => put({ number: event.target.value })}
      />
      <Refused failure={failure} />
      <Button kind="secondary" type="submit" aria-disabled={busy} data-testid="publication-deed">
        {busy ? say("grounds.busy") : say("grounds.publication.deed")}
      </Button>
    </form>
  );
}
