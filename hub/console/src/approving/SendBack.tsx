// SPDX-License-Identifier: EUPL-1.2
// A decision goes back to who planned it, with what has to change. What is written stays until it was sent.
import type { DeploymentView } from "../hub/types";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { TextArea } from "../parts/TextArea";
import { decisions } from "./api";
import { keepReason, keptReason } from "./reading";

const LIMIT = 500; // characters

interface Properties {
  view: DeploymentView;
  digest: string;
  onDone: () => void;
  onCancel: () => void;
  onSignedOut: () => void;
}

export function SendBack({ view, digest, onDone, onCancel, onSignedOut }: Properties) {
  const { say } = useWords();
  const [reason, setReason] = useState(keptReason(digest));
  const [tried, setTried] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);

  const send = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!reason.trim()) return field.current?.focus();
    void run(async () => {
      await decisions.sendBack(view.id, reason.trim());
      keepReason(digest, "");
      onDone();
    });
  };

  return (
    <form className="fz-send-back" noValidate onSubmit={send} data-testid="send-back-form">
      <Failed failure={failure} testid="send-back-refused" />
      <TextArea
        label={say("approving.sign.backReason")}
        hint={say("approving.sign.backHint")}
        areaRef={field}
        maxLength={LIMIT}
        value={reason}
        wrong={tried && !reason.trim() ? say("approving.sign.backMissing") : null}
        onChange={(event) => {
          setReason(event.target.value);
          keepReason(digest, event.target.value);
        }}
        data-testid="send-back-reason"
      />
      <div className="fz-send-back__deeds">
        <Button kind="primary" type="submit" aria-disabled={busy} data-testid="send-back-deed">
          {say(busy ? "approving.sign.backSending" : "approving.sign.backSend")}
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          {say("approving.sign.backCancel")}
        </Button>
      </div>
    </form>
  );
}
