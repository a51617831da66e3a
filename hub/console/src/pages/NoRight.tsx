// SPDX-License-Identifier: EUPL-1.2
// A screen that one's role has no right to: which roles have, and the way back.
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Link } from "../parts/Link";
import { homeOf, type Screen } from "./screens";
import "./wall.css";

export function NoRight({ screen, session }: { screen: Screen; session: Session }) {
  const { say } = useWords();
  const home = homeOf(session.role);
  const roles = screen.roles.map((role) => say(`role.${role}`)).join(", ");
  return (
    <section className="fz-empty" data-testid="no-right">
      <div>
        <h2 className="fz-empty__heading">{say("noRight.title", { screen: say(screen.word) })}</h2>
        <p className="fz-empty__body">{say("noRight.body", { role: say(`role.${session.role}`), roles })}</p>
        <p className="fz-empty__body">
          <Link href={home.path}>{say("noRight.home", { screen: say(home.word) })}</Link>
        </p>
      </div>
    </section>
  );
}
