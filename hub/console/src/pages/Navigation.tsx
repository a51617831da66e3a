// SPDX-License-Identifier: EUPL-1.2
// The screens that exist, side by side in the header.
import { useWords } from "../i18n/language";
import { Link } from "../parts/Link";
import { screens, type Screen } from "./screens";

export function Navigation({ current }: { current: Screen }) {
  const { say } = useWords();
  return (
    <nav className="fz-header__screens" aria-label={say("nav.label")} data-testid="screens">
      {screens.map((screen) => (
        <Link
          key={screen.path}
          href={screen.path}
          className="fz-header__screen"
          aria-current={screen === current ? "page" : undefined}
        >
          {say(screen.word)}
        </Link>
      ))}
    </nav>
  );
}
