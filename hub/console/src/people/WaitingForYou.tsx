// SPDX-License-Identifier: EUPL-1.2
// The way on for who can sign now: the decisions that wait for their hand, or that none does.
import { decisions, waits } from "../approving/api";
import { useAsked } from "../hub/asking";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Link } from "../parts/Link";

export function WaitingForYou({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const { say } = useWords();
  const { answer } = useAsked(decisions.all, ["deployments"], onSignedOut);
  if (answer === null) return null;
  const mine = answer.filter((one) => waits(one) && one.created_by !== session.name && !one.signatures.some((signed) => signed.slot === session.slot));
  return (
    <div className="fz-own__on" data-testid="own-key-on">
      <p>{say("people.own.waiting", { count: mine.length })}</p>
      {mine.length > 0 && (
        <ul>
          {mine.map((one) => (
            <li key={one.id}>
              <Link href={`/decisions/${one.id}`} data-testid="own-key-decision">
                {say("people.own.readAndSign", { number: one.number, title: one.title })}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
