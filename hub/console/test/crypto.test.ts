// SPDX-License-Identifier: EUPL-1.2
// What is signed in a browser is what Python signs and reads: one vector, made by tests/unit/contract/test_browser_vector.py.
import { describe, expect, test } from "vitest";
import vector from "../../../tests/unit/contract/vectors/browser.json";
import { canonical, canonicalBytes, fromBase64, hex, NotCanonicalError, readCanonical, sha256, signingInput, toBase64, type Plain } from "../src/people/canonical";
import { newKey, signed } from "../src/people/keys";
import { inGroups, normalised, slotKey } from "../src/people/slot-code";

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe("a slot's key from its printed code", () => {
  test("is the key that Python makes, and signs the same bytes", async () => {
    for (const { code, municipality, slot, counter, spki, signature } of vector.slot_keys) {
      const key = await slotKey(code, municipality, slot, counter);
      expect(toBase64(key.spki)).toBe(spki);
      expect(await key.sign(vector.binding.type, fromBase64(vector.binding.body))).toEqual(signature);
    }
  });

  test("is another one for another slot, town or counter", async () => {
    const { code, municipality, slot, counter, spki } = vector.slot_keys[0] as (typeof vector.slot_keys)[0];
    const others = await Promise.all([
      slotKey(code, `${municipality}x`, slot, counter),
      slotKey(code, municipality, `${slot}x`, counter),
      slotKey(code, municipality, slot, counter + 1),
    ]);
    for (const other of others) expect(toBase64(other.spki)).not.toBe(spki);
  });

  test("may be typed as people type, and is no code when a letter is missing", () => {
    for (const { typed, means } of vector.spellings) expect(normalised(typed)).toBe(means);
    const code = vector.slot_keys[0]?.code ?? "";
    expect(inGroups(code.toLowerCase().replace(/-/g, " "))).toBe(code);
    expect(inGroups(`${code}AAAA`)).toBe(code);
  });
});

describe("a record's bytes", () => {
  test("are written as Python writes them", () => {
    for (const { value, written } of vector.canonical) {
      expect(canonical(value as Plain)).toBe(written);
      expect(readCanonical(utf8(written))).toEqual(value);
    }
  });

  test.each(vector.not_canonical)("that are in another form are not read: %s", (written) => {
    expect(() => readCanonical(utf8(written))).toThrow(NotCanonicalError);
  });

  test("that are no text, or begin with a mark, are not read", () => {
    expect(() => readCanonical(Uint8Array.from([0x22, 0xff, 0x22]))).toThrow(NotCanonicalError);
    expect(() => readCanonical(Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]))).toThrow(NotCanonicalError);
    expect(() => readCanonical(utf8("[".repeat(40) + "]".repeat(40)))).toThrow(NotCanonicalError);
  });

  test("have the digest that Python computes", async () => {
    const { type, body, digest } = vector.binding;
    expect(await sha256(signingInput(type, fromBase64(body)))).toBe(digest);
  });
});

describe("a person's own key", () => {
  test("cannot be taken out of the browser, and signs what its public half verifies", async () => {
    const own = await newKey();
    await expect(crypto.subtle.exportKey("pkcs8", own.pair.privateKey)).rejects.toThrow();
    await expect(crypto.subtle.exportKey("jwk", own.pair.privateKey)).rejects.toThrow();
    const body = canonicalBytes({ slot: "slot-3", at_us: 1 });
    const made = await signed(own, "signing-try", body);
    expect(made.alg).toBe("es256");
    expect(made.key).toBe(hex(new Uint8Array(await crypto.subtle.digest("SHA-256", own.spki))));
    expect(fromBase64(made.sig)).toHaveLength(64);
    const key = await crypto.subtle.importKey("spki", own.spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const verified = (kind: string): Promise<boolean> =>
      crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, fromBase64(made.sig), signingInput(kind, body));
    expect(await verified("signing-try")).toBe(true);
    expect(await verified("decision")).toBe(false); // a try is no approval
  });
});
