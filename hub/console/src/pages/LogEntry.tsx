// SPDX-License-Identifier: EUPL-1.2
// One entry of the log: what it says, whether it stands under the checkpoint, and how anybody checks that without us.
import { useEffect, useState } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { logPath } from "../hub/place";
import { useWords, type Language, type Say } from "../i18n/language";
import { lookUp, type Entry, type Found } from "../log/entry";
import { LogFormatError } from "../log/tiles";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { grouped } from "../words/numbers";
import { instant } from "../words/times";
import { LogHelp } from "./LogHelp";
import "./log.css";

const events = {
  "roster.published": "log.events.rosterPublished",
  "binding.made": "log.events.bindingMade",
  "decision.signed": "log.events.decisionSigned",
  "assignment.signed": "log.events.assignmentSigned",
  "deployment.stopped": "log.events.deploymentStopped",
  "deployment.urgent": "log.events.deploymentUrgent",
  "duty.done": "log.events.dutyDone",
  "overrun.taken": "log.events.overrunTaken",
  "necessity.confirmed": "log.events.necessityConfirmed",
  "unit.enrolled": "log.events.unitEnrolled",
  "unit.revoked": "log.events.unitRevoked",
  "key.born": "log.events.keyBorn",
  "key.destroyed": "log.events.keyDestroyed",
  "keyset.issued": "log.events.keysetIssued",
  "segment.stored": "log.events.segmentStored",
  "segment.unsent": "log.events.segmentUnsent",
  "segment.deleted": "log.events.segmentDeleted",
  "gap.stated": "log.events.gapStated",
  "camera.closed": "log.events.cameraClosed",
  "view.granted": "log.events.viewGranted",
  "view.watched": "log.events.viewWatched",
  "log.gap": "log.events.logGap",
} as const;

/** Ids that are moments, in microseconds. */
const MOMENTS = new Set(["from", "to", "until", "due", "hour"]);

type Answer = Found | { at: "busy" } | { at: "unreachable" } | { at: "broken" };

function failed(failure: unknown): Answer {
  if (failure instanceof HubUnreachableError || failure instanceof RefusedError) return { at: "unreachable" };
  if (failure instanceof LogFormatError) return { at: "broken" };
  throw failure;
}

function useEntry(index: number): Answer {
  const [answer, setAnswer] = useState<Answer>({ at: "busy" });
  useEffect(() => {
    let gone = false;
    lookUp(index)
      .catch(failed)
      .then((found) => gone || setAnswer(found));
    return () => {
      gone = true;
    };
  }, [index]);
  return answer;
}

interface Properties {
  index: number;
  /** another entry is asked for */
  onIndex: (index: number) => void;
}

export function LogEntry({ index, onIndex }: Properties) {
  const { say, language } = useWords();
  const answer = useEntry(index);
  const size = answer.at === "found" || answer.at === "beyond" ? answer.checkpoint.size : null;
  return (
    <article className="fz-entry" data-testid="log-entry" data-log-index={index} data-answer={answer.at}>
      <h2 className="fz-log__heading">{say("log.entry", { number: grouped(index) })}</h2>
      {answer.at === "busy" && <p className="fz-log__muted">{say("log.busy")}</p>}
      {answer.at === "unreachable" && (
        <Notice tone="lost" testid="log-failed" title={say("failed.unreachable")} hint={say("log.unreachableHint")} />
      )}
      {answer.at === "broken" && (
        <Notice tone="lost" testid="log-failed" title={say("log.broken")} hint={say("log.brokenHint")} />
      )}
      {answer.at === "beyond" && (
        <p>
          {say("log.beyond")} {say("log.beyondHint", { size: grouped(answer.checkpoint.size) })}
        </p>
      )}
      {answer.at === "found" && (
        <>
          <Verdict verified={answer.verified} size={answer.checkpoint.size} />
          <Said entry={answer.entry} language={language} say={say} onIndex={onIndex} />
        </>
      )}
      <nav className="fz-entry__beside">
        {index > 0 && (
          <Link href={logPath(index - 1)} onPlain={() => onIndex(index - 1)}>
            {say("log.previous")}
          </Link>
        )}
        {size !== null && index + 1 < size && (
          <Link href={logPath(index + 1)} onPlain={() => onIndex(index + 1)}>
            {say("log.following")}
          </Link>
        )}
      </nav>
      <LogHelp />
    </article>
  );
}

export function Verdict({ verified, size }: { verified: boolean; size: number }) {
  const { say } = useWords();
  const number = grouped(size);
  return (
    <div className={verified ? "fz-verdict" : "fz-verdict fz-verdict--refuted"} data-testid="log-verdict" data-verified={verified}>
      <Icon name={verified ? "tick" : "cross"} size={18} />
      <div>
        <p className="fz-verdict__word">{verified ? say("log.verified", { size: number }) : say("log.refuted", { size: number })}</p>
        <p className="fz-log__muted">{verified ? say("log.verifiedHint") : say("log.refutedHint")}</p>
      </div>
    </div>
  );
}

interface SaidProperties {
  entry: Entry;
  language: Language;
  say: Say;
  onIndex: (index: number) => void;
}

function Said({ entry, language, say, onIndex }: SaidProperties) {
  const word = entry.event in events ? say(events[entry.event as keyof typeof events]) : null;
  return (
    <dl className="fz-entry__said">
      <dt>{say("log.event")}</dt>
      <dd>
        {word && <strong>{word} </strong>}
        <code>{entry.event}</code>
      </dd>
      <dt>{say("log.at")}</dt>
      <dd>{instant(entry.atUs, language)}</dd>
      {entry.ids.map(([name, value]) => (
        <div className="fz-entry__id" key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            {name === "grant" && /^\d+$/.test(value) ? (
              <Link href={logPath(Number(value))} onPlain={() => onIndex(Number(value))}>
                {grouped(Number(value))}
              </Link>
            ) : MOMENTS.has(name) && /^\d{16}$/.test(value) ? (
              <>
                {instant(Number(value), language)} <span className="fz-log__muted">{value}</span>
              </>
            ) : (
              value
            )}
          </dd>
        </div>
      ))}
      <dt>{say("log.digest")}</dt>
      <dd>
        <code>{entry.digest}</code>
      </dd>
      <dt>{say("log.leaf")}</dt>
      <dd>
        <code>{entry.leaf}</code>
      </dd>
      <dt>{say("log.text")}</dt>
      <dd>
        <code data-testid="log-text">{entry.text}</code>
      </dd>
    </dl>
  );
}
