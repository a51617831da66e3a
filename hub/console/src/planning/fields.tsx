// SPDX-License-Identifier: EUPL-1.2
// The fields that plans are made with: a number with its unit, a choice out of a few with what follows from each, a
// choice out of many. What is wrong with one stands above it, in the hub's words.
import { useEffect, useId, useState, type ComponentProps, type ReactNode, type RefObject } from "react";
import { language } from "../i18n/language";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { stillOpen } from "./steps";
import type { Finding } from "./types";

export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return language() === "nl" ? text.replace(".", ",") : text;
}

export function parsed(text: string): number | null {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() === "" || !Number.isFinite(value) ? null : value;
}

/** The first thing wrong with a field, in words; null where nothing is. What is merely still open is not wrong. */
export function wrongWith(findings: readonly Finding[], field: string): string | null {
  return findings.find((one) => one.field === field && one.severity === "refuse" && !stillOpen(one))?.detail ?? null;
}

/** Lets somebody mend what is wrong first, once it stands there in words. */
export function toFirstWrong(form: RefObject<HTMLElement | null>): void {
  window.requestAnimationFrame(() => {
    const words = form.current?.querySelector(".fz-field__wrong");
    words?.parentElement?.querySelector<HTMLElement>("input, select, textarea, button")?.focus({ preventScroll: true });
    words?.scrollIntoView({ block: "center" });
  });
}

interface FigureProperties {
  label: string;
  unit: string;
  value: number | null;
  digits: number;
  low: number;
  high: number;
  disabled: boolean;
  testid: string;
  /** beside the field, in a row of them */
  compact?: boolean;
  onValue: (value: number) => void;
}

/** A number that counts as soon as it can be read; what cannot be read goes back to what it was. */
export function Figure({ label, unit, value, digits, low, high, disabled, testid, compact = false, onValue }: FigureProperties) {
  const id = useId();
  const shown = value === null ? "" : decimal(value, digits);
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => setTyped(null), [shown]);
  const take = (text: string): void => {
    setTyped(text);
    const read = parsed(text);
    if (read !== null && read >= low && read <= high) onValue(read);
  };
  return (
    <div className={compact ? "fz-figure fz-figure--compact" : "fz-figure"}>
      <label className="fz-figure__label" htmlFor={id}>
        {label}
      </label>
      <span className="fz-figure__box">
        <input
          id={id}
          className="fz-figure__input"
          inputMode="decimal"
          autoComplete="off"
          value={typed ?? shown}
          disabled={disabled}
          data-testid={testid}
          onChange={(event) => take(event.target.value)}
          onBlur={() => setTyped(null)}
          onKeyDown={(event) => {
            if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
            event.preventDefault();
            const step = (event.key === "ArrowUp" ? 1 : -1) * (digits > 1 ? 10 ** -digits : event.shiftKey ? 10 : 1);
            if (value !== null) onValue(Math.min(high, Math.max(low, value + step)));
          }}
        />
        {unit !== "" && <span className="fz-figure__unit">{unit}</span>}
      </span>
    </div>
  );
}

export interface Option<T extends string> {
  value: T;
  title: string;
  says: ReactNode;
}

interface ChoiceProperties<T extends string> {
  label: string;
  hint?: string;
  options: readonly Option<T>[];
  value: T | null;
  wrong?: string | null;
  disabled: boolean;
  testid: string;
  onValue: (value: T) => void;
}

export function Choice<T extends string>({ label, hint, options, value, wrong = null, disabled, testid, onValue }: ChoiceProperties<T>) {
  const name = useId();
  return (
    <fieldset className={wrong ? "fz-choice fz-field--wrong" : "fz-choice"} disabled={disabled}>
      <legend className="fz-choice__label">{label}</legend>
      {hint && <p className="fz-field__hint">{hint}</p>}
      {wrong && <Wrong says={wrong} />}
      <div className="fz-choice__options">
        {options.map((one) => (
          <label key={one.value} className="fz-choice__option">
            <input
              type="radio"
              name={name}
              checked={value === one.value}
              data-testid={`${testid}-${one.value}`}
              onChange={() => onValue(one.value)}
            />
            <span>
              <span className="fz-choice__title">{one.title}</span>
              <span className="fz-choice__says">{one.says}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface PickProperties {
  label: string;
  hint?: string | undefined;
  value: string;
  options: readonly { value: string; title: string }[];
  /** the choice that is none yet */
  empty?: string | undefined;
  wrong?: string | null;
  disabled: boolean;
  testid: string;
  compact?: boolean;
  onValue: (value: string) => void;
}

export function Pick({ label, hint, value, options, empty, wrong = null, disabled, testid, compact = false, onValue }: PickProperties) {
  const id = useId();
  return (
    <div className={compact ? "fz-figure fz-figure--compact" : wrong ? "fz-field fz-field--wrong" : "fz-field"}>
      <label className={compact ? "fz-figure__label" : "fz-field__label"} htmlFor={id}>
        {label}
      </label>
      {hint && <p className="fz-field__hint">{hint}</p>}
      {wrong && <Wrong says={wrong} />}
      <select
        id={id}
        className={compact ? "fz-pick fz-pick--compact" : "fz-pick"}
        value={value}
        disabled={disabled}
        aria-invalid={wrong !== null}
        data-testid={testid}
        onChange={(event) => onValue(event.target.value)}
      >
        {empty !== undefined && <option value="">{empty}</option>}
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.title}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Wrong({ says }: { says: string }) {
  return (
    <p className="fz-field__wrong">
      <Icon name="warning" />
      {says}
    </p>
  );
}

/** The number of a publication in a gazette, as gmb-2026-123456: nothing a telephone would correct. */
export function GazetteNumber(given: ComponentProps<typeof Field>) {
  return <Field {...given} maxLength={30} autoComplete="off" autoCapitalize="none" spellCheck={false} />;
}
