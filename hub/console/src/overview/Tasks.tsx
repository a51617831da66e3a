// SPDX-License-Identifier: EUPL-1.2
// What waits for who is signed in: the first is the next lawful step, and has the filled button.
import { useState } from "react";
import type { Asked } from "../hub/asking";
import { confirmNecessity } from "../hub/running";
import type { Filming, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { ReasonDialog } from "../pages/ReasonDialog";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { Seal } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import type { Task } from "./api";
import { taskWords } from "./task-words";

interface Properties {
  asked: Asked<Task[]>;
  /** what films, as it stands beside this */
  filming: readonly Filming[];
  session: Session;
  nowUs: number;
  onChange: () => void;
  onSignedOut: () => void;
}

export function Tasks({ asked, filming, session, nowUs, onChange, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [confirming, setConfirming] = useState<Task | null>(null);
  const { answer, refused } = asked;
  const films = (task: Task | null): Filming | null => filming.find((one) => one.deployment === task?.deployment) ?? null;
  const confirmed = films(confirming);
  return (
    <section className="fz-part" aria-labelledby="fz-waits" data-testid="tasks" data-count={answer?.length ?? ""}>
      <div className="fz-part__head">
        <h2 id="fz-waits">{say("overview.waits")}</h2>
        {answer && answer.length > 0 && <span className="fz-part__count">{answer.length}</span>}
      </div>
      <div className="fz-part__box">
        {refused && <Notice tone="lost" testid="tasks-refused" title={say("overview.failedTitle")} hint={say("overview.failedHint")} />}
        {answer === null && !refused && <Skeleton rows={2} />}
        {answer?.length === 0 && <p className="fz-part__none">{say("overview.waitsNone")}</p>}
        {answer?.map((task, index) => {
          const words = taskWords(task, nowUs, say, language);
          return (
            <article className="fz-task" key={`${task.kind} ${task.deployment ?? ""} ${task.what ?? ""}`} data-testid="task" data-kind={task.kind}>
              {task.kind === "sign-decision" ? <Seal state={task.who === null ? "unsigned" : "half"} size={24} /> : <Icon name={task.kind === "duty" ? "clock" : "warning"} size={20} />}
              <div className="fz-task__words">
                <h3 className="fz-task__title">{words.title}</h3>
                <p className="fz-task__body">{words.body}</p>
                <div className="fz-task__deed">
                  <span className={words.due?.late ? "fz-task__due fz-task__due--late" : "fz-task__due"}>{words.due?.words}</span>
                  {task.kind === "confirm-necessity" ? (
                    <Button kind={index === 0 ? "primary" : "secondary"} aria-disabled={films(task) === null} onClick={() => setConfirming(task)} data-testid="task-do">
                      {words.deed}
                    </Button>
                  ) : (
                    <Link href={task.link} className={`fz-button fz-button--${index === 0 ? "primary" : "secondary"}`} data-testid="task-do">
                      {words.deed}
                    </Link>
                  )}
                </div>
              </div>
            </article>
          );
        })}
      </div>
      {confirmed && (
        <ReasonDialog
          title={say("overview.task.necessityTitle", { number: confirmed.number })}
          body={say("overview.task.necessityAsk", { serial: confirmed.serial })}
          question={null}
          deed={say("overview.task.necessityDo")}
          busy={say("wall.prolongBusy")}
          kind="primary"
          testid="necessity-dialog"
          act={() => confirmNecessity(confirmed, session, nowUs)}
          onDone={() => {
            setConfirming(null);
            onChange();
          }}
          onClose={() => setConfirming(null)}
          onSignedOut={onSignedOut}
        />
      )}
    </section>
  );
}
