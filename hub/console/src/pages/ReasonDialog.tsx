// SPDX-License-Identifier: EUPL-1.2
// A deed that needs a signature or a reason: what it does in whole sentences, the reason, and a button that repeats it.
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failed } from "../parts/Failed";
import { TextArea } from "../parts/TextArea";

interface Properties {
  title: string;
  body: string;
  /** null: no reason is asked for */
  question: string | null;
  deed: string;
  busy: string;
  kind: "primary" | "danger-deed";
  testid: string;
  act: (reason: string) => Promise<void>;
  onDone: () => void;
  onClose: () => void;
  onSignedOut: () => void;
}

const REASON_LEAST = 3; // as the hub takes it, and at most
const REASON_LIMIT = 500;

export function ReasonDialog(given: Properties) {
  const { say } = useWords();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const { busy, failure, run } = useDeed(given.onSignedOut);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const written = reason.trim();
    const lacking = given.question !== null && written.length < REASON_LEAST;
    setMissing(lacking);
    if (lacking) return area.current?.focus();
    void run(async () => {
      await given.act(written);
      given.onDone();
    });
  };
  return (
    <Dialog title={given.title} testid={given.testid} onClose={given.onClose}>
      <form className="fz-question" noValidate onSubmit={submit}>
        <p>{given.body}</p>
        {given.question !== null && (
          <TextArea
            label={given.question}
            wrong={missing ? say("wall.reasonMissing") : null}
            areaRef={area}
            value={reason}
            maxLength={REASON_LIMIT}
            onChange={(event) => setReason(event.target.value)}
            data-testid="reason"
          />
        )}
        <Failed failure={failure} testid="deed-failed" />
        <div className="fz-dialog__deeds">
          <Button kind={given.kind} type="submit" aria-disabled={busy} data-testid="deed">
            {busy ? given.busy : given.deed}
          </Button>
          <Button kind="secondary" onClick={given.onClose}>
            {say("dialog.cancel")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
