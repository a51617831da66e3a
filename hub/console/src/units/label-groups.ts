// SPDX-License-Identifier: EUPL-1.2
// A unit's fingerprint as it stands on its label (contract/claim.py): its first 100 bits in five groups of four letters.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS = 20;
const GROUP = /.{4}/g;

export function labelGroups(fingerprint: string): string[] {
  const number = BigInt(`0x${fingerprint.slice(0, (LETTERS * 5) / 4)}`);
  const letters = Array.from({ length: LETTERS }, (_, place) => ALPHABET[Number((number >> BigInt(5 * (LETTERS - 1 - place))) & 31n)]);
  return letters.join("").match(GROUP) ?? [];
}
