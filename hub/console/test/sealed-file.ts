// SPDX-License-Identifier: EUPL-1.2
// A sealed segment for tests, as the hub gives it and the keeper releases its keys: tests/unit/console holds the file
// to the contract.
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { readStretch, type Bytes, type ReleasedKeys, type SealedStretch } from "../src/replay/sealed";

/** 40 pictures of 25 a second in four fragments, keyframes at 0 and 20; captured from here on. */
export const SHORT_FROM_US = 1_775_000_000_000_000;
export const FRAGMENT_US = 400_000;
export const FRAME_US = 40_000;

function plain(data: Uint8Array): Bytes {
  return Uint8Array.from(data);
}

export const short = plain(readFileSync(new URL("short.fzs", import.meta.url)));
/** The contract's own golden file: an init and two fragments that are words. */
export const golden = plain(readFileSync(new URL("../../../tests/unit/contract/golden/whole.fzs", import.meta.url)));

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function sha256(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

/** HKDF-Expand (RFC 5869) for one block: what the keeper does with the segment's chain key. */
export function recordKeys(count: number): Map<number, Bytes> {
  const keys = new Map<number, Bytes>();
  let chain = createHash("sha256").update("chain key").digest();
  for (let index = 0; index < count; index += 1) {
    keys.set(index, plain(createHmac("sha256", chain).update("record\u0001").digest()));
    chain = createHmac("sha256", chain).update("next\u0001").digest();
  }
  return keys;
}

export function released(stretch: SealedStretch): ReleasedKeys {
  return { headerSha256: hex(sha256(stretch.headerBytes)), keys: recordKeys(stretch.records.length) };
}

function framed(data: Uint8Array): number[] {
  const length = data.length;
  return [length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255, ...data];
}

/** The bytes of a file that has only these records; `edit` may change a record's fields and ciphertext. */
export function part(
  file: Bytes,
  indices: readonly number[],
  edit: (index: number, fields: Record<string, unknown>, ciphertext: Bytes) => Bytes = (_index, _fields, ciphertext) => ciphertext,
): Bytes {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerEnd = 12 + view.getUint32(8);
  const out: number[][] = [[...file.subarray(0, headerEnd)]];
  for (let at = headerEnd, index = 0; at < file.length; index += 1) {
    const fieldsEnd = at + 4 + view.getUint32(at);
    const end = fieldsEnd + 4 + view.getUint32(fieldsEnd);
    const fields = JSON.parse(new TextDecoder().decode(file.subarray(at + 4, fieldsEnd))) as Record<string, unknown>;
    const ciphertext = edit(index, fields, Uint8Array.from(file.subarray(fieldsEnd + 4, end)));
    if (indices.includes(index)) out.push(framed(new TextEncoder().encode(JSON.stringify(fields))), framed(ciphertext));
    at = end;
  }
  return Uint8Array.from(out.flat());
}

export function shortStretch(): SealedStretch {
  return readStretch(short);
}
