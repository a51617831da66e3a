// SPDX-License-Identifier: EUPL-1.2
// This person's own looking, with the numbers that it has in the log.
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

export function LookPanel({ looks, nowUs }: { looks: Look[]; nowUs: number }) {
  const { say, language } = useWords();
  const panel = useRef<HTMLElement>(null);
  if (looks.length === 0) {
    return (
      <section className="fz-panel" data-testid="look" ref={panel} tabIndex={-1}>
        <h2 className="fz-panel__heading">{say("look.heading")}</h2>
        <p>{say("look.rule")}</p>
      </section>
    );
  }
  const ends = looks.flatMap((look) => look.untilUs ?? []);
  const looking = ends.length > 0;
  const logged = looking ? say("look.logged") : say("look.loggedBefore");
  const stop = (): void => {
    panel.current?.focus({ preventScroll: true }); // the button goes with the looks
    for (const look of looks) look.leave();
  };
  return (
    <section className="fz-panel" data-testid="look" ref={panel} tabIndex={-1}>
      <h2 className="fz-panel__heading">
        <Icon name="eye" size={18} />
        {say("look.heading")}
      </h2>
      {looks.length > 1 && <p>{logged}</p>}
      {looks.map((look) => (
        <p className={looks.length > 1 ? "fz-panel__look" : ""} key={look.logIndex} data-testid="log-line" data-log-index={look.logIndex}>
          <span>{looks.length > 1 ? look.name : logged}</span>{" "}
          <LogNumber index={look.logIndex} />
        </p>
      ))}
      {looking && (
        <>
          <p className="fz-panel__muted">{say("look.until", { time: moment(Math.max(...ends), nowUs, language) })}</p>
          <div data-density="compact">
            <Button kind="secondary" data-testid="stop-watching" onClick={stop}>
              {say("look.stop")}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
