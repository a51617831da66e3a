// SPDX-License-Identifier: EUPL-1.2
// The public log as the browser reads it: RFC 6962's own vectors, and trees of every awkward size.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { lookUp } from "../src/log/entry";
import { leafHash, LogFormatError, readCheckpoint, readEntry, stands, type Bytes, type ReadFile } from "../src/log/tiles";

const text = new TextEncoder();
const sha256 = (...parts: Uint8Array[]): Bytes => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

/** The tree hash as RFC 6962 defines it, over leaf hashes. */
function root(leaves: readonly Bytes[]): Bytes {
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(ONE, root(leaves.slice(0, split)), root(leaves.slice(split)));
}

function bytes(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(given: Uint8Array): string {
  return [...given].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function name(level: number | "entries", n: number, width: number): string {
  const groups = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0").match(/.{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${path}${width < 256 ? `.p/${width}` : ""}`;
}

/** A whole log in memory, laid out as the hub serves it. */
function logOf(entries: readonly Uint8Array[]): { files: Map<string, Bytes>; read: ReadFile } {
  const files = new Map<string, Bytes>();
  const leaves = entries.map((entry) => sha256(ZERO, entry));
  for (let n = 0; n * 256 < entries.length; n += 1) {
    const some = entries.slice(n * 256, n * 256 + 256);
    const framed = some.map((entry) => joined([Uint8Array.of(entry.length >> 8, entry.length & 255), entry]));
    files.set(name("entries", n, some.length), joined(framed));
  }
  for (let level = 0, row = leaves; row.length > 0; level += 1) {
    const above: Bytes[] = [];
    for (let n = 0; n * 256 < row.length; n += 1) {
      const some = row.slice(n * 256, n * 256 + 256);
      files.set(name(level, n, some.length), joined(some));
      if (some.length === 256) above.push(root(some));
    }
    row = above;
  }
  const note = `example/log\n${entries.length}\n${btoa(String.fromCharCode(...root(leaves)))}\n\n— example/log c2ln\n`;
  files.set("checkpoint", new Uint8Array(text.encode(note)));
  return { files, read: (path) => Promise.resolve(files.get(path) ?? null) };
}

async function verdict(read: ReadFile, index: number): Promise<boolean> {
  const checkpoint = readCheckpoint((await read("checkpoint")) as Bytes);
  return stands(read, await readEntry(read, index, checkpoint.size), index, checkpoint);
}

const entryOf = (index: number): Uint8Array =>
  text.encode(`{"at_us":1767225600000000,"digest":"${"0".repeat(64)}","event":"view.granted","ids":{"until":"${index}"}}`);

test("RFC 6962's eight leaves lead to its root, and a page knows the hash of a leaf", async () => {
  const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const { files, read } = logOf(leaves.map(bytes));
  const checkpoint = readCheckpoint(files.get("checkpoint") as Bytes);
  expect(hex(checkpoint.root)).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  for (const index of leaves.keys()) expect(await verdict(read, index)).toBe(true);
  expect(hex(await leafHash(new Uint8Array()))).toMatch(/^6e340b9c/);
});

describe.each([1, 2, 3, 255, 256, 257, 300, 511, 513, 65_536 + 256 + 3])("a log of %i entries", (size) => {
  const { files, read } = logOf(Array.from({ length: size }, (_, index) => entryOf(index)));
  const some = [...new Set([0, 1, 255, 256, 257, size >> 1, size - 2, size - 1])].filter((index) => index >= 0 && index < size);

  test.each(some)("entry %i stands", async (index) => {
    expect(await readEntry(read, index, size)).toEqual(new Uint8Array(entryOf(index)));
    expect(await verdict(read, index)).toBe(true);
  });

  test("an altered entry does not", async () => {
    const index = size - 1;
    const checkpoint = readCheckpoint(files.get("checkpoint") as Bytes);
    expect(await stands(read, new Uint8Array(entryOf(index + 1)), index, checkpoint)).toBe(false);
  });
});

describe("what the page is given", () => {
  const { files, read } = logOf(Array.from({ length: 300 }, (_, index) => entryOf(index)));

  test("an entry is read with its ids", async () => {
    expect(await lookUp(299, read)).toMatchObject({
      at: "found",
      verified: true,
      checkpoint: { origin: "example/log", size: 300 },
      entry: { index: 299, event: "view.granted", atUs: 1_767_225_600_000_000, ids: [["until", "299"]] },
    });
  });

  test("a number beyond the end is no error", async () => {
    expect(await lookUp(300, read)).toMatchObject({ at: "beyond", checkpoint: { size: 300 } });
  });

  test("the full tile does where the partial one is gone", async () => {
    const full = logOf(Array.from({ length: 512 }, (_, index) => entryOf(index)));
    const kept = (path: string): boolean => path === "checkpoint" || path.startsWith("tile/1/");
    const both: ReadFile = (path) => Promise.resolve((kept(path) ? files : full.files).get(path) ?? null);
    expect(await lookUp(299, both)).toMatchObject({ at: "found", verified: true });
  });

  test("an entry that another tree's tiles hold is refuted", async () => {
    const forged = logOf(Array.from({ length: 300 }, (_, index) => entryOf(index + (index === 7 ? 1 : 0))));
    const mixed: ReadFile = (path) => Promise.resolve((path === "checkpoint" ? files : forged.files).get(path) ?? null);
    expect(await lookUp(7, mixed)).toMatchObject({ at: "found", verified: false });
  });

  test.each([
    ["no checkpoint", "checkpoint", null],
    ["a checkpoint without a size", "checkpoint", "example/log\nmany\nAA==\n\n"],
    ["a short root", "checkpoint", "example/log\n300\nAA==\n\n"],
    ["a checkpoint with more lines", "checkpoint", `example/log\n300\n${"A".repeat(43)}=\nmore\n\n`],
    ["a missing bundle", "tile/entries/001.p/44", null],
    ["a bundle that is cut off", "tile/entries/001.p/44", "\u0000\u0009x"],
    ["an entry that is not JSON", "tile/entries/001.p/44", "\u0000\u0001x"],
    ["a missing tile", "tile/0/001.p/44", null],
    ["a short tile", "tile/0/001.p/44", "x"],
  ])("%s is not the log", async (_, path, content) => {
    const bad: ReadFile = (asked) => {
      if (!asked.startsWith(path.replace(".p/44", ""))) return read(asked);
      return Promise.resolve(content === null ? null : new Uint8Array(text.encode(content)));
    };
    await expect(lookUp(256, bad)).rejects.toThrow(LogFormatError);
  });
});
