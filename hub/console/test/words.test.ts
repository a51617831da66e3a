// SPDX-License-Identifier: EUPL-1.2
// Both languages say the same with the same values, and no word on the screen comes from anywhere else.
import ts from "typescript";
import { expect, test } from "vitest";
import { en } from "../src/i18n/en";
import { nl } from "../src/i18n/nl";

type Tree = { readonly [key: string]: string | Tree };

function flat(tree: Tree, path = ""): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") out.set(path + key, value);
    else for (const [inner, word] of flat(value, `${path}${key}.`)) out.set(inner, word);
  }
  return out;
}

function values(words: string): string[] {
  return [...words.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "").sort();
}

const dutch = flat(nl);
const english = flat(en);

/** every source but the words themselves, by path */
const sources = import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!../src/i18n/{nl,en}.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const states = ["idle", "opening", "away", "live", "slow", "stale", "lost", "closed", "ended"]; // said as tile.${state}

test("every word stands in both languages, with the same values in it", () => {
  expect([...english.keys()]).toEqual([...dutch.keys()]);
  for (const [key, words] of dutch) {
    expect(words.trim(), key).not.toBe("");
    expect(english.get(key)?.trim(), key).not.toBe("");
    expect(values(english.get(key) ?? ""), key).toEqual(values(words));
  }
});

test("nothing is promised that no screen says", () => {
  const code = Object.values(sources).join("\n");
  // A key that is put together, `room.row.${head}`, is said where its last part stands in the code as a word of its own.
  const begun = new Set([...code.matchAll(/`([a-z][\w.]*\.)\$\{/g)].map((found) => found[1] ?? ""));
  const ends = (rest: string): boolean => {
    const [first, ...more] = rest.split(".");
    return code.includes(`"${rest}"`) || (more.length > 0 && begun.has(`${first}.`) && ends(more.join(".")));
  };
  const said = (key: string): boolean =>
    code.includes(`"${key}"`) || [...begun].some((start) => key.startsWith(start) && ends(key.slice(start.length)));
  const unsaid = [...dutch.keys()]
    .map((key) => key.replace(/_(zero|one|other)$/, ""))
    .filter((key) => !said(key) && !states.some((state) => key === `tile.${state}`));
  expect(unsaid).toEqual([]);
});

test("a component writes no words of its own", () => {
  const own: string[] = [];
  expect(Object.keys(sources).length).toBeGreaterThan(30);
  for (const [name, text] of Object.entries(sources).filter(([path]) => path.endsWith(".tsx"))) {
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX);
    const look = (node: ts.Node): void => {
      const words = ts.isJsxText(node) ? node.text.trim() : "";
      if (/\p{L}/u.test(words) && words !== "Flexzicht") own.push(`${name}: ${words}`);
      ts.forEachChild(node, look);
    };
    look(file);
  }
  expect(own).toEqual([]);
});
