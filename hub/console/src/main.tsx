// SPDX-License-Identifier: EUPL-1.2
// Where the console starts: scheme and language first, so that nothing is drawn twice.
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startLanguage } from "./i18n/language";
import "./parts/card.css";
import { Console } from "./pages/Console";
import { startScheme } from "./theme/scheme";
import "./theme/tokens.css";
import "./theme/page.css";

async function start(place: HTMLElement): Promise<void> {
  startScheme();
  await startLanguage();
  createRoot(place).render(
    <StrictMode>
      <Console />
    </StrictMode>,
  );
}

const place = document.getElementById("console");
if (place) void start(place);
