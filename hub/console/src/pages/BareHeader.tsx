// SPDX-License-Identifier: EUPL-1.2
// The header while nobody is signed in: the mark, and the two switches.
import { Switches } from "../parts/Switches";
import { Wordmark } from "../parts/Wordmark";
import "./header.css";

export function BareHeader() {
  return (
    <header className="fz-header" data-testid="header">
      <div className="fz-header__row fz-theme" data-scheme="dark" data-density="compact">
        <Wordmark />
        <div className="fz-header__switches">
          <Switches />
        </div>
      </div>
    </header>
  );
}
