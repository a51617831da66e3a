// SPDX-License-Identifier: EUPL-1.2
// The one function of Node.js that the tests use: a hash other than the browser's, and quick enough for large trees.
declare module "node:crypto" {
  export function createHash(name: "sha256"): { update(data: Uint8Array): void; digest(): Uint8Array };
}
