// SPDX-License-Identifier: EUPL-1.2
// How anybody checks the log with programs that are not ours, as docs/reference/log.md has it.
import { useWords } from "../i18n/language";

const OPENSSL = [
  "sed '/^$/,$d' checkpoint > body",
  "tail -n 1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > signature",
  "openssl pkeyutl -verify -pubin -inkey log.pem -rawin -in body -sigfile signature",
].join("\n");

export function LogHelp() {
  const { say } = useWords();
  return (
    <details className="fz-help" data-testid="log-help">
      <summary>{say("log.how")}</summary>
      <ol>
        <li>
          {say("log.howCheckpoint")} <a className="fz-link" href="/v1/log/checkpoint">{`${window.location.origin}/v1/log/checkpoint`}</a>
        </li>
        <li>{say("log.howKey")}</li>
        <li>
          {say("log.howSignature")}
          <pre>{OPENSSL}</pre>
        </li>
        <li>{say("log.howProof")}</li>
        <li>{say("log.howKeep")}</li>
      </ol>
    </details>
  );
}
