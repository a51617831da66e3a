// SPDX-License-Identifier: EUPL-1.2
// This person's own looking: one press opens all that films, under one line in the log; and the numbers that it has there.
import { useRef } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { LogNumber } from "../parts/Link";
import { moment } from "../words/times";
import "./panel.css";

export interface Look {
  name: string;
  logIndex: number;
  /** null once it has ended */
  untilUs: number | null;
  leave: () => void;
}

interface Properties {
  looks: readonly Look[];
  /** the cameras that one press opens; none while nothing may be opened */
  openable: readonly string[];
  /** until when they may be looked at */
  untilUs: number;
  nowUs: number;
  onOpen: (cameras: readonly string[]) => void;
}

/** Several cameras under one number are one look. */
function byNumber(looks: readonly Look[]): Map<number, Look[]> {
  const found = new Map<number, Look[]>();
  for (const look of looks) found.set(look.logIndex, [...(found.get(look.logIndex) ?? []), look]);
  return found;
}

export function LookPanel({ looks, openable, untilUs, nowUs, onOpen }: Properties) {
  const { say, language } = useWords();
  const panel = useRef<HTMLElement>(null);
  const ends = looks.flatMap((look) => look.untilUs ?? []);
  const looking = ends.length > 0;
  const numbers = [...byNumber(looks)];
  const logged = looking ? say("look.logged") : say("look.loggedBefore");
  const away = (): void => panel.current?.focus({ preventScroll: true }); // the button goes, and the focus must not
  const stop = (): void => {
    away();
    for (const look of looks) look.leave();
  };
  const open = (): void => {
    away();
    onOpen(openable);
  };
  return (
    <section className="fz-card fz-panel" data-testid="look" ref={panel} tabIndex={-1}>
      <h2 className="fz-panel__heading">
        <Icon name="eye" size={18} />
        {say("look.heading")}
      </h2>
      {looks.length === 0 && <p>{say("look.rule")}</p>}
      {!looking && openable.length > 0 && (
        <>
          <Button kind="primary" onClick={open} data-testid="sign-on">
            {say("wall.signOn", { count: openable.length })}
          </Button>
          <p className="fz-panel__muted">{say("wall.signOnHint", { time: moment(untilUs, nowUs, language) })}</p>
        </>
      )}
      {numbers.length > 1 && <p>{logged}</p>}
      {numbers.map(([logIndex, of]) => (
        <p className={numbers.length > 1 ? "fz-panel__look" : ""} key={logIndex} data-testid="log-line" data-log-index={logIndex}>
          <span>{numbers.length > 1 ? of.map((look) => look.name).join(", ") : logged}</span> <LogNumber index={logIndex} />
        </p>
      ))}
      {looking && (
        <>
          <p className="fz-panel__muted">{say("look.until", { time: moment(Math.min(untilUs, Math.max(...ends)), nowUs, language) })}</p>
          <Button kind="secondary" data-testid="stop-watching" onClick={stop}>
            {say("look.stop")}
          </Button>
        </>
      )}
    </section>
  );
}
