// SPDX-License-Identifier: EUPL-1.2
// A labelled text field. What is wrong with it stands above it in words, with an edge; never a colour alone.
import { useId, type InputHTMLAttributes, type Ref } from "react";
import { Icon } from "./Icon";
import "./field.css";

interface Properties extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  label: string;
  wrong: string | null;
  /** something else on the page says what is wrong with it */
  suspect?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

export function Field({ label, wrong, suspect = false, inputRef, ...input }: Properties) {
  const id = useId();
  const wrongId = `${id}-wrong`;
  return (
    <div className={wrong ? "fz-field fz-field--wrong" : "fz-field"}>
      <label className="fz-field__label" htmlFor={id}>
        {label}
      </label>
      {wrong && (
        <p className="fz-field__wrong" id={wrongId}>
          <Icon name="warning" />
          {wrong}
        </p>
      )}
      <input
        {...input}
        id={id}
        ref={inputRef}
        className="fz-field__input"
        aria-invalid={wrong !== null || suspect}
        aria-describedby={wrong ? wrongId : undefined}
      />
    </div>
  );
}
