// SPDX-License-Identifier: EUPL-1.2
// Under the strip, until it is mended: one cannot sign in this browser yet. An operator or installer makes a key with
// one press; what takes more is done on the screen of who can sign.
import { useDeed } from "../hub/deed";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { NoKeyStoreError } from "./keys";
import { useOwnKey } from "./own-key";
import { registerKey } from "./signing";
import "./people.css";

export default function KeyBar({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const { say } = useWords();
  const own = useOwnKey(session, onSignedOut);
  const { busy, failure, run } = useDeed(onSignedOut);
  if (own.state === "asking" || own.state === "ready") return null;
  const approver = session.role === "approver";
  const byPress = !approver && own.state === "none";
  const words = own.state !== "none" ? say("people.bar.lost") : say(approver ? "people.bar.bind" : "people.bar.make");

  const make = (): Promise<boolean> =>
    run(
      async () => {
        await registerKey(session);
        own.refresh();
      },
      (failed) => {
        if (!(failed instanceof NoKeyStoreError)) return false;
        own.refresh();
        return true;
      },
    );

  return (
    <div className="fz-key-bar" role="region" aria-label={say("people.own.heading")} data-testid="key-bar" data-state={own.state}>
      <Icon name="warning" size={16} />
      <p>
        {words}
        {failure && <strong role="alert"> {failure.title}</strong>}
      </p>
      {byPress ? (
        <Button kind="secondary" aria-disabled={busy} onClick={() => void make()} data-testid="make-key-here">
          {say(busy ? "people.own.making" : "people.own.make")}
        </Button>
      ) : (
        <Link href="/people" data-testid="to-people">
          {say(approver && own.state === "none" ? "people.own.bind" : "people.bar.mend")}
        </Link>
      )}
    </div>
  );
}
