// SPDX-License-Identifier: EUPL-1.2
// What somebody is called. The demo's own viewer has a name in both languages; anybody else keeps their own.
import type { Say } from "../i18n/language";

const DEMO_VIEWER = "Demo viewer";

export function personWords(display: string, say: Say): string {
  return display === DEMO_VIEWER ? say("header.demoViewer") : display;
}
