// SPDX-License-Identifier: EUPL-1.2
/** 9f3c 41d0 7be2 c8a5: the beginning of a fingerprint, as people compare it. */
export function shortPrint(fingerprint: string): string {
  return fingerprint.slice(0, 16).replace(/(.{4})(?=.)/g, "$1\u00a0");
}
