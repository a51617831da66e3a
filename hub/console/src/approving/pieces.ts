// SPDX-License-Identifier: EUPL-1.2
// A sentence of a decision in pieces: the page's own words, and between them what the bytes say. What the bytes say is
// put in after the sentence was cut, so that no name in them can pass for a word of the page.
import type { Say } from "../i18n/language";

export interface Piece {
  text: string;
  /** it is what one looks for in the sentence */
  strong: boolean;
}

/** One sentence; `id` says which it is, so that it can be compared with that of another decision. */
export interface Sentence {
  id: string;
  pieces: Piece[];
}

const MARK = "\uE000"; // private use: none of the page's own words has it
const MARKED = /\uE000(\d+)\uE000/;
// What is written and not seen, or turns what follows around; and what no font shows.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]|[\u115F\u1160\u3164\uFFA0\u2800]/gu;

/** A text of somebody else's as it is: what would not be seen is written out. */
export function visible(written: string): string {
  return written.replace(UNSEEN, (sign) => `[U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

export type Values = Readonly<Record<string, string | number>>;
type AnyWords = (key: string, values: Record<string, string | number>) => string;

/** The sentence of this key of the words under `approving.text`, with these values in it; `count` chooses its form. */
export function sentence(id: string, key: string, values: Values, say: Say, strong: readonly string[] = []): Sentence {
  const names = Object.keys(values);
  const marked = Object.fromEntries(names.map((name, n) => [name, name === "count" ? (values[name] ?? 0) : `${MARK}${n}${MARK}`]));
  const template = (say as unknown as AnyWords)(`approving.text.${key}`, marked);
  const pieces = template.split(MARKED).map((part, n): Piece => {
    if (n % 2 === 0) return { text: part, strong: false };
    const name = names[Number(part)] ?? "";
    return { text: visible(String(values[name])), strong: strong.includes(name) };
  });
  return { id, pieces: pieces.filter((piece) => piece.text !== "") };
}

export function plainText(one: Sentence): string {
  return one.pieces.map((piece) => piece.text).join("");
}
