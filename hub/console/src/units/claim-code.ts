// SPDX-License-Identifier: EUPL-1.2
// A claim code as it is typed: upper case in two groups of five, and what people misread put right while they type.

const GROUP = 5;
const LETTERS = 10;

/** "k7qf29d" becomes "K7QF2-9D"; O is 0, I and L are 1, as no code has those letters. */
export function inTwoGroups(typed: string): string {
  const letters = typed
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
    .replace(/[^0-9A-Z]/g, "")
    .slice(0, LETTERS);
  return letters.length > GROUP ? `${letters.slice(0, GROUP)}-${letters.slice(GROUP)}` : letters;
}
