// SPDX-License-Identifier: EUPL-1.2
// Name and password, and in words why not.
import { useRef, useState, type FormEvent } from "react";
import { hub, HubUnreachableError, RefusedError } from "../hub/api";
import type { Out } from "../hub/session";
import type { Session } from "../hub/types";
import { useWords, type Say } from "../i18n/language";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { wait } from "../words/times";

type Failure =
  | { reason: "wrong" | "unreachable" | "ended" }
  | { reason: "limited"; afterS: number | null }
  | { reason: "failed"; status: number };

function failureOf(error: unknown): Failure {
  if (error instanceof HubUnreachableError) return { reason: "unreachable" };
  if (!(error instanceof RefusedError)) throw error;
  if (error.status === 401) return { reason: "wrong" };
  if (error.status === 429) return { reason: "limited", afterS: error.retryAfterS };
  return { reason: "failed", status: error.status };
}

function words(failure: Failure, say: Say): { title: string; hint: string } {
  switch (failure.reason) {
    case "wrong":
      return { title: say("signIn.wrong"), hint: say("signIn.wrongHint") };
    case "unreachable":
      return { title: say("failed.unreachable"), hint: say("signIn.unreachableHint") };
    case "ended":
      return { title: say("signIn.ended"), hint: say("signIn.endedHint") };
    case "limited":
      return {
        title: say("signIn.limited"),
        hint: failure.afterS
          ? say("signIn.limitedHintFor", { wait: wait(failure.afterS, say) })
          : say("signIn.limitedHint"),
      };
    case "failed":
      return { title: say("signIn.failed", { status: failure.status }), hint: say("signIn.failedHint") };
  }
}

export function SignInForm({ why, onSignedIn }: { why: Out; onSignedIn: (session: Session) => void }) {
  const { say } = useWords();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Failure | null>(null);
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  const failure: Failure | null = answer ?? (why === "fresh" ? null : { reason: why });

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    if (!name.trim()) return nameField.current?.focus();
    if (!password) return passwordField.current?.focus();
    setBusy(true);
    setAnswer(null);
    try {
      onSignedIn(await hub.signIn(name.trim(), password));
    } catch (error) {
      setAnswer(failureOf(error));
      setBusy(false);
      passwordField.current?.select();
    }
  }

  return (
    <form className="fz-sign-in__form" noValidate onSubmit={(event) => void submit(event)} data-testid="sign-in-form">
      <h1 className="fz-sign-in__heading">{say("signIn.heading")}</h1>
      {failure && (
        <Notice
          {...words(failure, say)}
          tone={failure.reason === "ended" ? "slow" : "lost"}
          testid="sign-in-error"
          reason={failure.reason}
        />
      )}
      <Field
        label={say("signIn.name")}
        inputRef={nameField}
        name="name"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={name}
        wrong={tried && !name.trim() ? say("signIn.nameMissing") : null}
        suspect={failure?.reason === "wrong"}
        onChange={(event) => setName(event.target.value)}
        data-testid="sign-in-name"
      />
      <Field
        label={say("signIn.password")}
        inputRef={passwordField}
        name="password"
        type="password"
        autoComplete="current-password"
        value={password}
        wrong={tried && !password ? say("signIn.passwordMissing") : null}
        suspect={failure?.reason === "wrong"}
        onChange={(event) => setPassword(event.target.value)}
        data-testid="sign-in-password"
      />
      <Button kind="primary" type="submit" aria-disabled={busy} data-testid="sign-in-submit">
        {busy ? say("signIn.busy") : say("signIn.submit")}
      </Button>
    </form>
  );
}
