// SPDX-License-Identifier: EUPL-1.2
// What one can do about a decision: sign it once it was read to its end, or send it back with what has to change. On a
// phone it lies over the foot of the screen.
import { useEffect, useRef, useState, type RefObject } from "react";
import { RefusedError } from "../hub/api";
import { useDeed } from "../hub/deed";
import type { DeploymentView, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import { Link } from "../parts/Link";
import type { OwnKeyHolder } from "../people/own-key";
import { NoKeyHereError, signRecord } from "../people/signing";
import { decisions } from "./api";
import type { ComparedRow } from "./changes";
import type { OpenRecord } from "./record";
import { SendBack } from "./SendBack";

/** One's signature is the first, or with it the decision holds. */
export type Done = "done" | "doneBoth";

interface Properties {
  session: Session;
  own: OwnKeyHolder;
  view: DeploymentView;
  record: OpenRecord;
  rows: readonly ComparedRow[];
  /** how many rows were read */
  read: number;
  /** what one's own signature here came to */
  done: Done | null;
  /** the serial of the decision before this one */
  before: number | null;
  bar: RefObject<HTMLDivElement | null>;
  onChanged: () => void;
  onSigned: (done: Done) => void;
  onOwnWork: (who: string) => void;
  onSignedOut: () => void;
}

export function SignPanel(properties: Properties) {
  const { session, own, view, record, read, rows, bar, done, onChanged, onSigned, onOwnWork, onSignedOut } = properties;
  const { say } = useWords();
  const { busy, failure, run } = useDeed(onSignedOut);
  const [sendingBack, setSendingBack] = useState(false);
  const said = useRef<HTMLParagraphElement>(null);
  const all = rows.length;
  const mine = own.fingerprint !== null && view.decision?.signed_by.includes(own.fingerprint);
  useEffect(() => {
    if (done !== null) said.current?.focus();
  }, [done]);

  const elsewhere = (refused: unknown): boolean => {
    if (refused instanceof NoKeyHereError) own.refresh();
    else if (refused instanceof RefusedError && refused.reason === "own-plan") onOwnWork(whoOf(refused));
    else {
      onChanged();
      return false;
    }
    return true;
  };
  const sign = (): void => {
    if (read < all) return;
    void run(async () => {
      const after = await decisions.sign(view.id, await signRecord(session.name, "decision", record));
      onSigned(after.decision?.log_index === null ? "done" : "doneBoth");
      onChanged();
    }, elsewhere);
  };

  if (done !== null || mine) {
    return (
      <div className="fz-card fz-sign" ref={bar}>
        <p className="fz-sign__done" role="status" tabIndex={-1} ref={said} data-testid="signed">
          {say(`approving.sign.${done ?? "already"}`)}
        </p>
      </div>
    );
  }
  return (
    <div className="fz-card fz-sign" ref={bar} data-testid="sign-panel">
      <Progress {...properties} />
      <Failed failure={failure} testid="sign-refused" />
      {own.state !== "ready" && own.state !== "asking" && (
        <p className="fz-sign__cannot" data-testid="cannot-sign">
          {say("approving.sign.notReady")} <Link href="/people">{say("approving.sign.mend")}</Link>
        </p>
      )}
      {!sendingBack && (
        <>
          {own.state === "ready" && (
            <Button kind="primary" aria-disabled={busy || read < all} onClick={sign} data-testid="sign">
              {say(busy ? "approving.sign.signing" : read < all ? "approving.sign.readFirst" : "approving.sign.sign")}
            </Button>
          )}
          <Button kind="secondary" onClick={() => setSendingBack(true)} data-testid="send-back">
            {say("approving.sign.back")}
          </Button>
        </>
      )}
      {sendingBack && (
        <SendBack view={view} digest={record.digest} onDone={onChanged} onCancel={() => setSendingBack(false)} onSignedOut={onSignedOut} />
      )}
    </div>
  );
}

function whoOf(refused: RefusedError): string {
  const parameters = refused.problem["parameters"];
  const who = typeof parameters === "object" && parameters !== null ? (parameters as Record<string, unknown>)["who"] : undefined;
  return typeof who === "string" ? who : "";
}

function Progress({ rows, read, before, own }: Properties) {
  const { say } = useWords();
  const changes = rows.filter((row) => row.changed).length;
  const last = rows[read - 1];
  const since = (serial: number): string =>
    changes === 0 ? say("approving.sign.unchanged", { serial }) : say("approving.sign.changes", { count: changes, serial });
  const words = before === null ? say("approving.sign.first") : since(before);
  return (
    <div className="fz-sign__progress">
      <p>
        <strong data-testid="changes">{words}</strong>
      </p>
      <p className="fz-sign__read" data-testid="reading" data-read={read} data-all={rows.length}>
        {read >= rows.length
          ? say("approving.sign.readAll")
          : last === undefined
            ? say("approving.sign.unread", { all: rows.length })
            : say("approving.sign.progress", { row: say(`approving.row.${last.head}`), read, all: rows.length })}
      </p>
      <svg className="fz-sign__bar" aria-hidden="true" focusable="false">
        <rect className="fz-sign__ground" width="100%" height="100%" />
        <rect className="fz-sign__part" width={`${((100 * read) / Math.max(1, rows.length)).toFixed(1)}%`} height="100%" />
      </svg>
      {own.state === "ready" && <p className="fz-sign__key">{say("approving.sign.ready")}</p>}
    </div>
  );
}
