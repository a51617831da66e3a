// SPDX-License-Identifier: EUPL-1.2
// The wall's first line: by what right this films, until when, how much longer it may, and how it is stopped.
import type { ReactNode } from "react";
import { filmingIn, type WindowNow } from "../hub/standing";
import type { Filming } from "../hub/types";
import { useWords } from "../i18n/language";
import { EndLine } from "../parts/EndLine";
import { Icon } from "../parts/Icon";
import { Seal } from "../parts/Seal";
import { clockMinutes, moment, timeLeft } from "../words/times";
import { warningOf, type Warning } from "./warnings";
import "./window-bar.css";

interface Properties {
  filming: Filming;
  window: WindowNow;
  nowUs: number;
  /** what one can do about it */
  children?: ReactNode;
}

const warned = { 30: "wall.warning_30", 10: "wall.warning_10", 2: "wall.warning_2" } as const;

export function WindowBar({ filming, window, nowUs, children }: Properties) {
  const { say, language } = useWords();
  const { number, title, from_us: fromUs, until_us: untilUs } = filming;
  if (window !== "open") {
    return (
      <section className="fz-window fz-theme" data-testid="window" data-open="false" data-number={number}>
        <Seal state="shut" size={26} />
        <p className="fz-window__title">
          <strong>{title}</strong> {say("wall.number", { number })}{" "}
          {window === "early" ? say("wall.endedEarly") : say("wall.ended", { time: moment(untilUs, nowUs, language) })}
        </p>
      </section>
    );
  }
  const warning = warningOf(untilUs, nowUs);
  const { overrun } = filming;
  return (
    <section className="fz-window fz-theme" data-testid="window" data-open="true" data-number={number} data-warning={warning ?? undefined}>
      <Seal state={filmingIn([filming]).length > 0 ? "filming" : "shut"} size={26} />
      <p className="fz-window__title">
        <strong>{title}</strong> <span className="fz-phrase">{say("wall.number", { number })}</span>
      </p>
      <p className="fz-window__left" data-testid="time-left">
        {warning !== null && <Icon name="clock" size={18} />}
        {warning === null ? timeLeft(untilUs, nowUs, say) : say("wall.closesIn", { left: timeLeft(untilUs, nowUs, say).replace(/^\D+/, "") })}
      </p>
      <div className="fz-window__line" aria-hidden="true">
        <span className="fz-window__muted">{clockMinutes(fromUs, language)}</span>
        <EndLine fromUs={fromUs} untilUs={untilUs} nowUs={nowUs} last={warning !== null} overrunUs={overrun.last_us} />
        <strong>{moment(untilUs, nowUs, language)}</strong>
      </div>
      <p className="fz-unseen">{say("wall.window", { from: moment(fromUs, nowUs, language), until: moment(untilUs, nowUs, language) })}</p>
      <p className="fz-window__muted" data-testid="overrun" data-left={overrun.left}>
        <OverrunWords filming={filming} nowUs={nowUs} />
      </p>
      <p className="fz-unseen" role="status">
        <Announced warning={warning} number={number} />
      </p>
      {children && <div className="fz-window__deeds">{children}</div>}
    </section>
  );
}

function OverrunWords({ filming, nowUs }: { filming: Filming; nowUs: number }) {
  const { say, language } = useWords();
  const { overrun } = filming;
  if (overrun.times === 0) return say("wall.overrunNever");
  if (overrun.left === 0) return say("wall.overrunNone");
  const until = say("wall.overrunUntil", { time: moment(overrun.last_us, nowUs, language) });
  return `${until} · ${say("wall.overrunLeft", { left: overrun.left, times: overrun.times })}`;
}

/** Read out once at each of the three moments: the words change there and nowhere else. */
function Announced({ warning, number }: { warning: Warning | null; number: string }) {
  const { say } = useWords();
  return warning === null ? null : say(warned[warning], { number });
}
