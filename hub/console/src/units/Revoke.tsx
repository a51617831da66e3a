// SPDX-License-Identifier: EUPL-1.2
// A unit is lost, stolen or out of use for good: revoked behind a question that says what that means, with a reason.
import { useEffect, useRef, useState } from "react";
import type { Unit } from "../hub/units";
import { useWords } from "../i18n/language";
import { ReasonDialog } from "../pages/ReasonDialog";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { revoke, type Revoked } from "./api";

export function Revoke({ unit, onSignedOut }: { unit: Unit; onSignedOut: () => void }) {
  const { say } = useWords();
  const [asking, setAsking] = useState(false);
  const [revoked, setRevoked] = useState<Revoked | null>(null);
  const done = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The button went away with what it did: who pressed it goes on here.
    if (revoked !== null) done.current?.focus();
  }, [revoked]);
  const name = { unit: unit.unit };
  if (revoked !== null || unit.state === "revoked") {
    return (
      <p className="fz-unit__part fz-unit__window" role="status" tabIndex={-1} ref={done} data-testid="unit-revoked">
        <span>
          <Icon name="tick" size={13} /> {say("revoking.done")} {revoked !== null && revoked.log_index === null && say("revoking.waiting")}
        </span>
      </p>
    );
  }
  return (
    <div className="fz-unit__part">
      <div>
        <Button kind="danger" onClick={() => setAsking(true)} data-testid={`revoke-${unit.unit}`}>
          {say("revoking.open", name)}
        </Button>
      </div>
      {asking && (
        <ReasonDialog
          title={say("revoking.title", name)}
          body={say("revoking.body", name)}
          question={say("revoking.question")}
          deed={say("revoking.deed", name)}
          busy={say("revoking.busy")}
          kind="danger-deed"
          testid="revoke-dialog"
          act={async (reason) => setRevoked(await revoke(unit.unit, reason))}
          onDone={() => setAsking(false)}
          onClose={() => setAsking(false)}
          onSignedOut={onSignedOut}
        />
      )}
    </div>
  );
}
