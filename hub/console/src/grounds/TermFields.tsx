// SPDX-License-Identifier: EUPL-1.2
// From when and to when something holds, by the Netherlands' clock. Whether the two will do is for the hub to say.
import { useWords } from "../i18n/language";
import { Field } from "../parts/Field";
import { usOf } from "../planning/local-time";

interface Properties {
  from: string;
  to: string;
  tried: boolean;
  /** the form says elsewhere what is wrong with them */
  suspect: boolean;
  onFrom: (typed: string) => void;
  onTo: (typed: string) => void;
}

export function TermFields({ from, to, tried, suspect, onFrom, onTo }: Properties) {
  const { say } = useWords();
  const wrong = (typed: string): string | null => (tried && usOf(typed) === null ? say("grounds.term.missing") : null);
  return (
    <div className="fz-ground-form__two">
      <Field
        type="datetime-local"
        label={say("grounds.term.from")}
        value={from}
        wrong={wrong(from)}
        suspect={suspect}
        data-testid="valid-from"
        onChange={(event) => onFrom(event.target.value)}
      />
      <Field
        type="datetime-local"
        label={say("grounds.term.to")}
        value={to}
        wrong={wrong(to)}
        suspect={suspect}
        data-testid="valid-to"
        onChange={(event) => onTo(event.target.value)}
      />
    </div>
  );
}
