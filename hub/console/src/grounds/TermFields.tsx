// SPDX-License-Identifier: EUPL-1.2
// From when and to when something holds, by the Netherlands' clock. Whether the two will do is for the hub to say.
import { useWords } from "../i18n/language";
import { Field } from "../parts/Field";
import { usOf } from "../planning/local-time";

/** `suspect`: the form says elsewhere what is wrong with them */
export type TermFault = "suspect" | null;

/** To the first field that something is wrong with, once it says so. */
export function firstWrong(form: HTMLFormElement | null): void {
  window.requestAnimationFrame(() => {
    const field = form?.querySelector<HTMLElement>("[aria-invalid='true'], .fz-choice.fz-field--wrong input");
    field?.focus();
  });
}

interface Properties {
  from: string;
  to: string;
  tried: boolean;
  fault: TermFault;
  onFrom: (typed: string) => void;
  onTo: (typed: string) => void;
}

export function TermFields({ from, to, tried, fault, onFrom, onTo }: Properties) {
  const { say } = useWords();
  const wrong = (typed: string): string | null => (tried && usOf(typed) === null ? say("grounds.term.missing") : null);
  return (
    <div className="fz-ground-form__two">
      <Field
        type="datetime-local"
        label={say("grounds.term.from")}
        value={from}
        wrong={wrong(from)}
        suspect={fault !== null}
        data-testid="valid-from"
        onChange={(event) => onFrom(event.target.value)}
      />
      <Field
        type="datetime-local"
        label={say("grounds.term.to")}
        value={to}
        wrong={wrong(to)}
        suspect={fault !== null}
        data-testid="valid-to"
        onChange={(event) => onTo(event.target.value)}
      />
    </div>
  );
}
