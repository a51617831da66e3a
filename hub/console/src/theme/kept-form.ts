// SPDX-License-Identifier: EUPL-1.2
// What is half filled in of a form, kept in this browser under the account's name until the hub has it: neither a
// reload, a session that ends nor a hub that is away loses a word.
import { useCallback, useState } from "react";
import { remember, remembered } from "./remembered";

/** What was kept of each field that the form still has; where nothing is filled in yet (null) anything may stand. */
function kept<T extends object>(key: string, empty: T): T {
  try {
    const found: unknown = JSON.parse(remembered(key) ?? "null");
    if (typeof found !== "object" || found === null) return empty;
    const fields = new Map<string, unknown>(Object.entries(empty));
    const fits = ([name, value]: [string, unknown]): boolean =>
      fields.has(name) && (fields.get(name) === null || typeof value === typeof fields.get(name));
    return { ...empty, ...Object.fromEntries(Object.entries(found).filter(fits)) };
  } catch (broken) {
    if (!(broken instanceof SyntaxError)) throw broken;
    console.info("what this browser kept of the form cannot be read", broken);
    return empty;
  }
}

export interface KeptForm<T> {
  form: T;
  put: (part: Partial<T>) => void;
  /** the hub has it: this browser keeps it no more */
  clear: () => void;
}

export function useKeptForm<T extends object>(key: string, empty: T): KeptForm<T> {
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
  const clear = useCallback(() => remember(key, null), [key]);
  return { form, put, clear };
}
