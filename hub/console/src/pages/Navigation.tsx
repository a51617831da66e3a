// SPDX-License-Identifier: EUPL-1.2
// The screens that exist, side by side in the header.
import { useWords } from "../i18n/language";
import { useLooking } from "../live/looking";
import { Link } from "../parts/Link";
import { screens, type Screen } from "./screens";
import { targetOf } from "./screens-beside";

export function Navigation({ current }: { current: Screen }) {
  const { say } = useWords();
  useLooking(); // where a screen opens follows from it
  return (
    <nav className="fz-header__screens" aria-label={say("nav.label")} data-testid="screens">
      {screens.map((screen) => (
        <Link
          key={screen.path}
          href={screen.path}
          target={screen === current ? undefined : targetOf(screen.path)}
          className="fz-header__screen"
          aria-current={screen === current ? "page" : undefined}
        >
          {say(screen.word)}
        </Link>
      ))}
    </nav>
  );
}
