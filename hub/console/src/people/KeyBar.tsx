// SPDX-License-Identifier: EUPL-1.2
// Under the strip, until it is mended: one cannot sign in this browser yet. An operator or installer makes a key with
// one press; what takes more is done on the screen of who can sign.
import { useState } from "react";
import { RefusedError } from "../hub/api";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { failureWords } from "./failure";
import { NoKeyStoreError } from "./keys";
import { useOwnKey } from "./own-key";
import { registerKey } from "./signing";
import "./people.css";

export default function KeyBar({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const { say } = useWords();
  const own = useOwnKey(session, onSignedOut);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  if (own.state === "asking" || own.state === "ready") return null;
  const approver = session.role === "approver";
  const byPress = !approver && own.state === "none";
  const words = own.state !== "none" ? say("people.bar.lost") : say(approver ? "people.bar.bind" : "people.bar.make");

  async function make(): Promise<void> {
    if (busy) return;
    setBusy(true);
    setFailed(null);
    try {
      await registerKey(session);
      own.refresh();
    } catch (refused) {
      if (refused instanceof RefusedError && refused.status === 401) return onSignedOut();
      if (refused instanceof NoKeyStoreError) own.refresh();
      else setFailed(failureWords(refused, say).title);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="fz-key-bar" role="region" aria-label={say("people.own.heading")} data-testid="key-bar" data-state={own.state}>
      <Icon name="warning" size={16} />
      <p>
        {words}
        {failed && <strong role="alert"> {failed}</strong>}
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
