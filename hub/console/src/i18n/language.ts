// SPDX-License-Identifier: EUPL-1.2
// Which language the console speaks: the person's choice, else the browser's, else Dutch.
import i18next, { type TFunction } from "i18next";
import { useSyncExternalStore } from "react";
import { remember, remembered } from "../theme/remembered";
import { en } from "./en";
import { nl } from "./nl";

export type Language = "nl" | "en";
export type Say = TFunction<"console">;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "console";
    resources: { console: typeof nl };
  }
}

function firstLanguage(): Language {
  const choice = remembered("language");
  if (choice === "nl" || choice === "en") return choice;
  const spoken = navigator.languages.find((tag) => /^(nl|en)\b/i.test(tag));
  return spoken?.toLowerCase().startsWith("en") ? "en" : "nl";
}

function applyLanguage(language: string): void {
  document.documentElement.lang = language;
}

export async function startLanguage(): Promise<void> {
  i18next.on("languageChanged", applyLanguage);
  await i18next.init({
    lng: firstLanguage(),
    fallbackLng: false,
    defaultNS: "console",
    resources: { nl: { console: nl }, en: { console: en } },
    interpolation: { escapeValue: false }, // React escapes what it renders
  });
}

export function language(): Language {
  return i18next.language === "en" ? "en" : "nl";
}

export async function switchLanguage(): Promise<void> {
  const next: Language = language() === "nl" ? "en" : "nl";
  remember("language", next);
  await i18next.changeLanguage(next);
}

function subscribe(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}

/** The words, and the language they are in; a component that uses it is drawn again when the language changes. */
export function useWords(): { say: Say; language: Language } {
  const spoken = useSyncExternalStore(subscribe, language, language);
  return { say: i18next.t, language: spoken };
}
