// SPDX-License-Identifier: EUPL-1.2
// A sealed stretch is opened whole or named: no bytes that do not hash to their signed fields come through.
import { describe, expect, test } from "vitest";
import { readFrames, readInit } from "../src/replay/mp4";
import { openStretch, readStretch, SealedFormatError, type Bytes } from "../src/replay/sealed";
import { golden, hex, part, released, sha256, short, shortStretch } from "./sealed-file";

const ALL = [0, 1, 2, 3, 4];
const text = new TextDecoder();

function flipped(data: Bytes, at: number): Bytes {
  const copy = Uint8Array.from(data);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

async function opened(file: Bytes, keys = released(shortStretch())) {
  return openStretch(readStretch(file), keys);
}

describe("the contract's own segment", () => {
  test("is opened record by record", async () => {
    const stretch = readStretch(golden);
    const { init, fragments, broken } = await openStretch(stretch, released(stretch));
    expect(broken).toEqual([]);
    expect([init, ...fragments.map(({ data }) => data)].map((data) => text.decode(data ?? undefined))).toEqual([
      "init of the run",
      "fragment one",
      "fragment two",
    ]);
    expect(fragments.map(({ fields }) => [fields.wallUs, fields.durationUs, fields.keyframe])).toEqual([
      [1_775_000_000_000_000, 400_000, true],
      [1_775_000_000_400_000, 400_000, false],
    ]);
  });
});

describe("reading", () => {
  test("ends at the last whole record, wherever it is cut", () => {
    const counts = new Set<number>();
    for (let length = short.length; length > 2_400; length -= 97) counts.add(readStretch(short.slice(0, length)).records.length);
    expect([...counts].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("takes record 0 and a later stretch, and no hole in it", () => {
    expect(readStretch(part(short, [0, 3, 4])).records.map(({ fields }) => fields.index)).toEqual([0, 3, 4]);
    for (const indices of [[1, 2], [0, 2, 4]]) expect(() => readStretch(part(short, indices))).toThrow(SealedFormatError);
  });

  test("refuses what is not FZS-1", () => {
    const lie = Uint8Array.from(short);
    lie.set([255, 255, 255, 255], 8);
    const cases: Bytes[] = [new Uint8Array(), flipped(short, 0), lie, short.slice(0, 20)];
    for (const bytes of cases) expect(() => readStretch(bytes)).toThrow(SealedFormatError);
    const wrong = part(short, ALL, (_index, fields, ciphertext) => {
      fields["cipher_sha256"] = "x";
      return ciphertext;
    });
    expect(() => readStretch(wrong)).toThrow(SealedFormatError);
  });
});

describe("a record that does not hold", () => {
  test("of which the ciphertext was altered", async () => {
    const file = part(short, ALL, (index, _fields, ciphertext) => (index === 2 ? flipped(ciphertext, 5) : ciphertext));
    const { broken, fragments } = await opened(file);
    expect(broken.map(({ fields, flaw }) => [fields.index, flaw])).toEqual([[2, "ciphertext"]]);
    expect(fragments.map(({ fields }) => fields.index)).toEqual([1, 3, 4]);
  });

  test("of which the seal does not open: another key, or another place", async () => {
    const file = part(short, ALL, (index, fields, ciphertext) => {
      if (index !== 3) return ciphertext;
      const other = flipped(ciphertext, 9);
      fields["cipher_sha256"] = hex(sha256(other));
      return other;
    });
    expect((await opened(file)).broken.map(({ fields, flaw }) => [fields.index, flaw])).toEqual([[3, "seal"]]);
    const keys = released(shortStretch());
    const swapped = new Map(keys.keys).set(1, keys.keys.get(2) as Bytes);
    const { broken } = await opened(short, { ...keys, keys: swapped });
    expect(broken.map(({ fields, flaw }) => [fields.index, flaw])).toEqual([[1, "seal"]]);
  });

  test("of which the content is not what was signed", async () => {
    const file = part(short, ALL, (index, fields, ciphertext) => {
      if (index === 4) fields["plain_sha256"] = "0".repeat(64);
      return ciphertext;
    });
    expect((await opened(file)).broken.map(({ fields, flaw }) => [fields.index, flaw])).toEqual([[4, "plaintext"]]);
  });

  test("for which no key was released", async () => {
    const keys = released(shortStretch());
    const fewer = new Map([...keys.keys].filter(([index]) => index !== 4));
    expect((await opened(short, { ...keys, keys: fewer })).broken.map(({ flaw }) => flaw)).toEqual(["no-key"]);
  });

  test("is the init: then nothing of it is played", async () => {
    const file = part(short, ALL, (index, _fields, ciphertext) => (index === 0 ? flipped(ciphertext, 0) : ciphertext));
    expect((await opened(file)).init).toBeNull();
  });
});

test("keys of another segment open nothing", async () => {
  const keys = { ...released(shortStretch()), headerSha256: "0".repeat(64) };
  await expect(opened(short, keys)).rejects.toThrow(SealedFormatError);
});

describe("the pictures in it", () => {
  test("have their codec, their times and their keyframes", async () => {
    const { init, fragments } = await opened(short);
    const format = readInit(init as Bytes);
    expect(format).toEqual({ mime: expect.stringMatching(/^video\/mp4; codecs="avc1\.42[0-9A-F]{4}"$/) as string, timescale: 90_000 });
    const frames = fragments.flatMap(({ data }) => readFrames(data, format));
    expect(frames).toHaveLength(40);
    frames.forEach((frame, at) => {
      expect(frame.atS).toBeCloseTo(at / 25, 9);
      expect(frame.durationS).toBeCloseTo(0.04, 9);
      expect(frame.keyframe).toBe(at % 20 === 0);
    });
  });

  test("are not looked for in bytes that are no MP4", async () => {
    const { init, fragments } = await opened(short);
    const format = readInit(init as Bytes);
    const fragment = fragments[0]?.data as Bytes;
    expect(() => readInit(new Uint8Array(40))).toThrow(SealedFormatError);
    expect(() => readFrames((init as Bytes).slice(0, 100), format)).toThrow(SealedFormatError);
    const lie = Uint8Array.from(fragment);
    lie.set([0, 255, 255, 255], 0);
    expect(() => readFrames(lie, format)).toThrow(SealedFormatError);
  });
});
