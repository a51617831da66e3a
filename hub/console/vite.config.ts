// SPDX-License-Identifier: EUPL-1.2
// Builds the console into hub/static, which Caddy serves under a CSP without inline script or style.
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    // A data: address would need img-src and font-src to be wider than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The fonts' OFL and React's MIT ask that their notices travel along.
    license: { fileName: "licences.md" },
  },
  test: {
    css: true, // a sheet that hides something on a phone is read as it is
    testTimeout: 30_000, // ms; what takes a moment alone takes seconds on a machine that is busy
  },
});
