// SPDX-License-Identifier: EUPL-1.2
// What the tests use of Node.js: hashes other than the browser's, quick enough for large trees, and files as bytes.
declare module "node:crypto" {
  interface Sum {
    update(data: Uint8Array | string): Sum;
    digest(): Uint8Array;
  }
  export function createHash(name: "sha256"): Sum;
  export function createHmac(name: "sha256", key: Uint8Array): Sum;
}

declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array;
}
