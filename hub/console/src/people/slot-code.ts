// SPDX-License-Identifier: EUPL-1.2
// A printed code becomes a slot's key, here and nowhere else: the code itself leaves this page never (contract/keys.py
// has the same recipe, and one test vector holds both to it).
import type { Bytes } from "../replay/sealed";
import { sha256, signingInput, toBase64 } from "./canonical";
import type { SignatureBody } from "./keys";

const LETTERS = /^[A-Z2-7]{26}$/;
const INFO = "flexzicht/slot-key/v1";
const SEED_BITS = 256;
const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]); // RFC 8410
const SPKI = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]);
const ED25519 = "Ed25519";

const GROUP = 4;
export const LENGTH = 26; // of a code, without its dashes

/** The one spelling of a code: no spaces, no dashes, capitals; 0, 1 and 8 read as O, I and B. Null where it is none. */
export function normalised(code: string): string | null {
  const swapped: Record<string, string> = { "0": "O", "1": "I", "8": "B" };
  const bare = code.replace(/[\s-]/g, "").toUpperCase().replace(/[018]/g, (digit) => swapped[digit] ?? digit);
  return LETTERS.test(bare) ? bare : null;
}

/** A code while it is typed, in the groups in which it is printed. */
export function inGroups(typed: string): string {
  const bare = typed.replace(/[^A-Za-z0-9]/g, "").toUpperCase().slice(0, LENGTH);
  return bare.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join("-") ?? "";
}

/** A slot's key: its public half (SPKI), and what it may sign, once. */
export interface SlotKey {
  spki: Bytes;
  sign: (kind: string, body: Bytes) => Promise<SignatureBody>;
}

function joined(head: Bytes, tail: Bytes): Bytes {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

export async function slotKey(code: string, municipality: string, slot: string, counter: number): Promise<SlotKey> {
  const bare = normalised(code);
  if (bare === null) throw new RangeError("not a code");
  const utf8 = new TextEncoder();
  const raw = await crypto.subtle.importKey("raw", utf8.encode(bare), "HKDF", false, ["deriveBits"]);
  const salt = utf8.encode(`${municipality}/${slot}/${counter}`);
  const derived = { name: "HKDF", hash: "SHA-256", salt, info: utf8.encode(INFO) };
  const pkcs8 = joined(PKCS8, new Uint8Array(await crypto.subtle.deriveBits(derived, raw, SEED_BITS)));
  try {
    // WebCrypto tells a private key's public half only of one that may leave: read once, and kept as one that may not.
    const readable = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", readable);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, false, ["sign"]);
    const point = Uint8Array.from(atob((x ?? "").replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    const spki = joined(SPKI, point);
    const named = await sha256(spki);
    const sign = async (kind: string, body: Bytes): Promise<SignatureBody> => {
      const made = await crypto.subtle.sign(ED25519, key, signingInput(kind, body));
      return { alg: "ed25519", key: named, sig: toBase64(new Uint8Array(made)) };
    };
    return { spki, sign };
  } finally {
    pkcs8.fill(0);
  }
}
