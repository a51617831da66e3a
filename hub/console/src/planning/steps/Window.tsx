// SPDX-License-Identifier: EUPL-1.2
// When filming is allowed, to the minute in the Netherlands' time, and how far it may be prolonged. The end is said in
// words; more than a day is pointed at.
import { useWords } from "../../i18n/language";
import { Button } from "../../parts/Button";
import { EndLine } from "../../parts/EndLine";
import { Field } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import { clockMinutes, lengthWords, moment } from "../../words/times";
import type { Desk } from "../desk";
import { Figure, wrongWith, Wrong } from "../fields";
import { nextHalfHour, typedOf, usOf } from "../local-time";
import { oddWindows } from "../steps";
import type { PlanWindow } from "../types";

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
const MINUTE_US = 60_000_000;
const WINDOWS_MOST = 32;
export const OVERRUN = { times: 2, minutes: 30 };

function OneWindow({ desk, window, n, replace, remove }: { desk: Desk; window: PlanWindow; n: number; replace: (window: PlanWindow) => void; remove: () => void }) {
  const { say, language } = useWords();
  const { to_us: toUs } = window;
  const fromUs = window.from_us ?? desk.nowUs;
  const overrun = desk.body.overrun ?? OVERRUN;
  const untilUs = toUs + overrun.times * overrun.minutes * MINUTE_US;
  const right = toUs > fromUs;
  return (
    <fieldset className="fz-term" disabled={desk.locked}>
      <legend className="fz-choice__label">{say("planning.window.nth", { n: n + 1 })}</legend>
      <div className="fz-term__ends">
        <Field
          type="datetime-local"
          label={say("planning.window.from")}
          value={typedOf(fromUs)}
          wrong={null}
          data-testid={`window-from-${n + 1}`}
          onChange={(event) => {
            const us = usOf(event.target.value);
            if (us !== null) replace({ from_us: us, to_us: toUs });
          }}
        />
        <Field
          type="datetime-local"
          label={say("planning.window.to")}
          value={typedOf(toUs)}
          wrong={right ? null : say("planning.window.backwards")}
          data-testid={`window-to-${n + 1}`}
          onChange={(event) => {
            const us = usOf(event.target.value);
            if (us !== null) replace({ from_us: window.from_us, to_us: us });
          }}
        />
      </div>
      {right && (
        <div className="fz-term__line">
          <span>{moment(fromUs, desk.nowUs, language)}</span>
          <EndLine fromUs={fromUs} untilUs={toUs} nowUs={fromUs} last={false} overrunUs={untilUs} />
          <span>
            <strong>{say("planning.window.until", { time: moment(toUs, desk.nowUs, language) })}</strong> · {lengthWords(toUs - fromUs, say)}
          </span>
        </div>
      )}
      {right && untilUs > toUs && (
        <p className="fz-field__hint">{say("planning.window.overrunUntil", { time: clockMinutes(untilUs, language) })}</p>
      )}
      {right && oddWindows([window], desk.nowUs) && (
        <p className="fz-term__warning" data-testid="window-past">
          <Icon name="warning" />
          {say("planning.window.past")}
        </p>
      )}
      {toUs - fromUs > DAY_US && (
        <p className="fz-term__warning" data-testid="window-long">
          <Icon name="warning" />
          {say("planning.window.long")}
        </p>
      )}
      {(desk.body.windows?.length ?? 0) > 1 && !desk.locked && (
        <Button kind="secondary" onClick={remove}>
          {say("planning.window.remove", { n: n + 1 })}
        </Button>
      )}
    </fieldset>
  );
}

export function Window({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const windows = desk.body.windows ?? [];
  const overrun = desk.body.overrun ?? OVERRUN;
  const add = (): void => {
    const last = windows.at(-1);
    const from_us = last === undefined ? nextHalfHour(desk.nowUs + HOUR_US) : (last.from_us ?? desk.nowUs) + DAY_US;
    const to_us = last === undefined ? from_us + 4 * HOUR_US : last.to_us + DAY_US;
    desk.edit({ windows: [...windows, { from_us, to_us }], overrun }, "add window");
  };
  const wrong = windows.length === 0 ? wrongWith(desk.findings, "windows") : null;
  return (
    <div className="fz-form">
      <p className="fz-form__lead">{say("planning.window.lead")}</p>
      {wrong !== null && <Wrong says={wrong} />}
      {windows.map((window, n) => (
        <OneWindow
          key={n}
          desk={desk}
          window={window}
          n={n}
          replace={(other) => desk.edit({ windows: windows.map((one, m) => (m === n ? other : one)) }, `window ${n}`)}
          remove={() => desk.edit({ windows: windows.filter((_, m) => m !== n) }, "remove window")}
        />
      ))}
      {!desk.locked && windows.length < WINDOWS_MOST && (
        <div>
          <Button kind="secondary" data-testid="add-window" onClick={add}>
            {windows.length === 0 ? say("planning.window.first") : say("planning.window.another")}
          </Button>
        </div>
      )}
      <fieldset className="fz-term" disabled={desk.locked}>
        <legend className="fz-choice__label">{say("planning.window.overrun")}</legend>
        <p className="fz-field__hint">{say("planning.window.overrunHint")}</p>
        <div className="fz-term__ends">
          <Figure
            label={say("planning.window.times")}
            unit=""
            value={overrun.times}
            digits={0}
            low={0}
            high={4}
            disabled={desk.locked}
            testid="overrun-times"
            onValue={(times) => desk.edit({ overrun: { ...overrun, times: Math.round(times) } }, "overrun")}
          />
          <Figure
            label={say("planning.window.minutes")}
            unit={say("planning.unit.minutes")}
            value={overrun.minutes}
            digits={0}
            low={0}
            high={60}
            disabled={desk.locked}
            testid="overrun-minutes"
            onValue={(minutes) => desk.edit({ overrun: { ...overrun, minutes: Math.round(minutes) } }, "overrun")}
          />
        </div>
      </fieldset>
    </div>
  );
}
