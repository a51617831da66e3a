// SPDX-License-Identifier: EUPL-1.2
// A labelled text field. What is wrong with it stands above it in words, with an edge; never a colour alone.
import { useId, type InputHTMLAttributes, type Ref } from "react";
import { Icon } from "./Icon";
import "./field.css";

interface Properties extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  label: string;
  /** what is wanted, where the label alone does not say it */
  hint?: string;
  wrong: string | null;
  /** something else on the page says what is wrong with it */
  suspect?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

export function Field({ label, hint, wrong, suspect = false, inputRef, className = "", ...input }: Properties) {
  const id = useId();
  const wrongId = `${id}-wrong`;
  const hintId = `${id}-hint`;
  const described = [...(hint ? [hintId] : []), ...(wrong ? [wrongId] : [])].join(" ");
  return (
    <div className={wrong ? "fz-field fz-field--wrong" : "fz-field"}>
      <label className="fz-field__label" htmlFor={id}>
        {label}
      </label>
      {hint && (
        <p className="fz-field__hint" id={hintId}>
          {hint}
        </p>
      )}
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
        className={`fz-field__input ${className}`.trim()}
        aria-invalid={wrong !== null || suspect}
        aria-describedby={described || undefined}
      />
    </div>
  );
}
