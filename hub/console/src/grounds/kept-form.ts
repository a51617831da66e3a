// SPDX-License-Identifier: EUPL-1.2
// What is half filled in of a form, kept in this browser under the account's name until the hub has it: neither a
// reload, a session that ends nor a hub that is away loses a word.
import { useCallback, useState } from "react";
import { remember, remembered } from "../theme/remembered";

type Form = Readonly<Record<string, string>>;

function kept<T extends Form>(key: string, empty: T): T {
  try {
    const found: unknown = JSON.parse(remembered(key) ?? "null");
    if (typeof found !== "object" || found === null) return empty;
    const texts = Object.entries(found).filter(([name, text]) => name in empty && typeof text === "string");
    return { ...empty, ...Object.fromEntries(texts) };
  } catch (broken) {
    if (!(broken instanceof SyntaxError)) throw broken;
    console.info("what this browser kept of the form cannot be read", broken);
    return empty;
  }
}

export interface KeptForm<T> {
  form: T;
  put: (part: Partial<T>) => void;
  clear: () => void;
}

export function useKeptForm<T extends Form>(key: string, empty: T): KeptForm<T> {
  const [form, setForm] = useState(() => kept(key, empty));
  const put = useCallback(
    (part: Partial<T>) =>
      setForm((before) => {
        const after = { ...before, ...part };
        remember(key, JSON.stringify(after));
        return after;
      }),
    [key],
  );
  const clear = useCallback(() => {
    remember(key, null);
    setForm(empty);
  }, [key, empty]);
  return { form, put, clear };
}

export const DELEGATION = { ordinance: "", article: "", regime: "", from: "", to: "", mobile: "", hours: "", days: "" };
export const DESIGNATION = { delegation: "", name: "", publication: "", from: "", to: "", area: "" };
export const PUBLICATION = { number: "" };
