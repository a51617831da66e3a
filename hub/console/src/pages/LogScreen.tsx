// SPDX-License-Identifier: EUPL-1.2
// The public log: how long it is, and any of its entries by number.
import { useEffect, useState, type FormEvent } from "react";
import { HubUnreachableError } from "../hub/api";
import { goTo, logIndexOf, logPath, usePath } from "../hub/place";
import { useWords } from "../i18n/language";
import { checkpointNow } from "../log/entry";
import { LogFormatError, type Checkpoint } from "../log/tiles";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { grouped } from "../words/numbers";
import { LogEntry } from "./LogEntry";
import "./log.css";

function useCheckpoint(): Checkpoint | null {
  const [checkpoint, setCheckpoint] = useState<Checkpoint | null>(null);
  useEffect(() => {
    let gone = false;
    checkpointNow().then(
      (found) => gone || setCheckpoint(found),
      (failure: unknown) => {
        // Without it only the size is missing; what an entry lacks is said where it is shown.
        if (!(failure instanceof HubUnreachableError || failure instanceof LogFormatError)) throw failure;
      },
    );
    return () => {
      gone = true;
    };
  }, []);
  return checkpoint;
}

export default function LogScreen() {
  const { say } = useWords();
  const index = logIndexOf(usePath());
  const checkpoint = useCheckpoint();
  const [number, setNumber] = useState("");
  const show = (event: FormEvent): void => {
    event.preventDefault();
    const path = `/log/${number.replace(/\s/g, "")}`;
    if (logIndexOf(path) !== null) goTo(path);
  };
  return (
    <div className="fz-log" data-testid="log">
      <section className="fz-log__about">
        <h2 className="fz-log__heading">{say("log.heading")}</h2>
        <p>{say("log.lead")}</p>
        {checkpoint && (
          <p className="fz-log__muted" data-testid="log-size" data-size={checkpoint.size}>
            {say("log.size", { origin: checkpoint.origin, size: grouped(checkpoint.size) })}
          </p>
        )}
        <form className="fz-log__ask" noValidate onSubmit={show} data-density="compact">
          <Field
            label={say("log.number")}
            inputMode="numeric"
            autoComplete="off"
            value={number}
            wrong={null}
            onChange={(event) => setNumber(event.target.value)}
            data-testid="log-ask"
          />
          <Button kind="secondary" type="submit">
            {say("log.show")}
          </Button>
        </form>
      </section>
      {index !== null && (
        <section className="fz-log__entry">
          <LogEntry key={index} index={index} onIndex={(other) => goTo(logPath(other))} />
        </section>
      )}
    </div>
  );
}
