// SPDX-License-Identifier: EUPL-1.2
// An approver types the code of a sheet, and this browser's new key is bound to the slot. The code stays on this page.
import { useRef, useState, type FormEvent } from "react";
import { useDeed } from "../hub/deed";
import type { Approver, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Field } from "../parts/Field";
import type { Roster } from "./api";
import { bindKey, readCode, type CodeFault } from "./signing";
import { inGroups, LENGTH } from "./slot-code";

interface Properties {
  session: Session;
  roster: Roster;
  status: Approver;
  onBound: () => void;
  onSignedOut: () => void;
}

export function BindForm({ session, roster, status, onBound, onSignedOut }: Properties) {
  const { say } = useWords();
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<CodeFault | null>(null);
  const { busy, failure, run } = useDeed(onSignedOut);
  const field = useRef<HTMLInputElement>(null);
  const typed = code.replace(/-/g, "").length;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      const read = await readCode(code, roster, status.slot, status.counter);
      if (typeof read === "string") {
        setFault(read);
        field.current?.focus();
        return;
      }
      await bindKey(session, read);
      setCode("");
      onBound();
    });
  };

  return (
    <form className="fz-bind" noValidate onSubmit={submit} data-testid="bind-form">
      <Failed failure={failure} testid="bind-refused" />
      <Field
        label={say("people.own.code")}
        hint={say("people.own.codeHint")}
        inputRef={field}
        className="fz-bind__code"
        name="code"
        autoComplete="off"
        autoCapitalize="characters"
        autoCorrect="off"
        spellCheck={false}
        value={code}
        wrong={fault && say(`people.own.fault.${fault}`, { count: typed })}
        onChange={(event) => {
          setFault(null);
          setCode(inGroups(event.target.value));
        }}
        data-testid="bind-code"
      />
      <p className="fz-bind__count" aria-live="polite">
        {typed > 0 && typed < LENGTH ? `${typed} / ${LENGTH}` : "\u00a0"}
      </p>
      <Button kind="primary" type="submit" aria-disabled={busy} data-testid="bind">
        {busy ? say("people.own.binding") : say("people.own.bind")}
      </Button>
    </form>
  );
}
