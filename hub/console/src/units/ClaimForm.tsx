// SPDX-License-Identifier: EUPL-1.2
// Somebody reads out the code on a new unit's label, and an operator types it here.
import { useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Field } from "../parts/Field";
import { enrolments, type Enrolment } from "./api";
import { inTwoGroups } from "./claim-code";

export function ClaimForm({ onClaimed, onSignedOut }: { onClaimed: (one: Enrolment) => void; onSignedOut: () => void }) {
  const { say } = useWords();
  const [code, setCode] = useState("");
  const [tried, setTried] = useState(false);
  const { busy, failure, run, forget } = useDeed(onSignedOut);
  const field = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    forget();
    if (!code) return field.current?.focus();
    const done = await run(async () => {
      const one = await enrolments.claim(code);
      setCode("");
      setTried(false);
      onClaimed(one);
    });
    if (!done) field.current?.select();
  }

  return (
    <form className="fz-card fz-claim" noValidate onSubmit={(event) => void submit(event)} data-testid="claim-form" aria-label={say("incoming.claimHeading")}>
      <Failed failure={failure} testid="claim-refused" />
      <div className="fz-claim__row">
        <Field
          label={say("incoming.code")}
          hint={say("incoming.codeHint")}
          inputRef={field}
          className="fz-claim__code"
          name="claim-code"
          autoComplete="off"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          value={code}
          wrong={tried && !code ? say("incoming.codeMissing") : null}
          suspect={failure?.reason === "claim-mistyped"}
          onChange={(event) => setCode(inTwoGroups(event.target.value))}
          data-testid="claim-code"
        />
        <Button kind="secondary" type="submit" aria-disabled={busy} data-testid="claim-submit">
          {say(busy ? "incoming.claiming" : "incoming.claim")}
        </Button>
      </div>
    </form>
  );
}
