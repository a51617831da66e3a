// SPDX-License-Identifier: EUPL-1.2
// A labelled field of several lines, with what is wrong above it and how much room there is left below it.
import { useId, type Ref, type TextareaHTMLAttributes } from "react";
import { Icon } from "./Icon";
import "./field.css";

interface Properties extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id"> {
  label: string;
  hint?: string | undefined;
  wrong: string | null;
  areaRef?: Ref<HTMLTextAreaElement>;
}

export function TextArea({ label, hint, wrong, areaRef, ...area }: Properties) {
  const id = useId();
  const about = [hint ? `${id}-hint` : "", wrong ? `${id}-wrong` : ""].filter((one) => one !== "").join(" ");
  return (
    <div className={wrong ? "fz-field fz-field--wrong" : "fz-field"}>
      <label className="fz-field__label" htmlFor={id}>
        {label}
      </label>
      {hint && (
        <p className="fz-field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p className="fz-field__wrong" id={`${id}-wrong`}>
          <Icon name="warning" />
          {wrong}
        </p>
      )}
      <textarea
        rows={3}
        {...area}
        id={id}
        ref={areaRef}
        className="fz-field__input fz-field__area"
        aria-invalid={wrong !== null}
        aria-describedby={about || undefined}
      />
    </div>
  );
}
