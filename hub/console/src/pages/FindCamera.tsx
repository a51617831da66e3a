// SPDX-License-Identifier: EUPL-1.2
// A camera by its name or number: typed, chosen, and its tile has the focus.
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useWords } from "../i18n/language";
import { Dialog } from "../parts/Dialog";
import { Field } from "../parts/Field";

export interface Findable {
  number: number;
  name: string;
  unit: string;
}

/** Those whose number it is, or whose name or unit holds what is typed. */
export function found(cameras: readonly Findable[], typed: string): Findable[] {
  const wanted = typed.trim().toLowerCase();
  if (/^[0-9]+$/.test(wanted)) {
    const numbered = cameras.filter((one) => String(one.number) === wanted);
    if (numbered.length > 0) return numbered;
  }
  return cameras.filter((one) => `${one.name} ${one.unit}`.toLowerCase().includes(wanted));
}

interface Properties {
  cameras: readonly Findable[];
  onFound: (number: number) => void;
  onClose: () => void;
}

export function FindCamera({ cameras, onFound, onClose }: Properties) {
  const { say } = useWords();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const matching = found(cameras, typed);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const first = matching[0];
    if (first) onFound(first.number);
  };
  return (
    <Dialog title={say("wall.find")} testid="find-dialog" onClose={onClose}>
      <form className="fz-question" onSubmit={submit}>
        <Field
          label={say("wall.findLabel")}
          wrong={null}
          autoComplete="off"
          inputRef={field}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          data-testid="find"
        />
        <p className="fz-unseen" role="status">
          {matching.length === 0 ? say("wall.findNone") : say("wall.findCount", { count: matching.length })}
        </p>
        {matching.length === 0 && <p aria-hidden="true">{say("wall.findNone")}</p>}
        <ul className="fz-found">
          {matching.map((one) => (
            <li key={one.number}>
              <button type="button" className="fz-found__one" onClick={() => onFound(one.number)} data-testid="found">
                <span className="fz-found__number">{one.number}</span>
                <strong>{one.name}</strong>
                <span className="fz-found__unit">{one.unit.toUpperCase()}</span>
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Dialog>
  );
}
