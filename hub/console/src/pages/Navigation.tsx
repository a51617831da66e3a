// SPDX-License-Identifier: EUPL-1.2
// The screens that one's role has, side by side in the header.
import type { Role } from "../hub/types";
import { useWords } from "../i18n/language";
import { useLooking } from "../live/looking";
import { Link } from "../parts/Link";
import { listedFor, type Screen } from "./screens";
import { targetOf } from "./screens-beside";

export function Navigation({ current, role }: { current: Screen; role: Role }) {
  const { say } = useWords();
  useLooking(); // where a screen opens follows from it
  return (
    <nav className="fz-header__screens" aria-label={say("nav.label")} data-testid="screens">
      {listedFor(role).map((screen) => (
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
