// SPDX-License-Identifier: EUPL-1.2
// What somebody must see to, on every screen, until it is over: here that something is not forgotten in time.
import type { Alarm } from "../hub/types";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { moment } from "../words/times";

interface Properties {
  alarms: readonly Alarm[];
  nowUs: number;
}

export function Alarms({ alarms, nowUs }: Properties) {
  const { say, language } = useWords();
  return alarms.map(({ kind, what, count, since_us: sinceUs }) => {
    const facts = { count, time: moment(sinceUs, nowUs, language) };
    return (
      <Notice
        key={`${kind} ${what}`}
        tone="lost"
        testid="alarm"
        reason={kind}
        title={what === "key" ? say("alarm.keyLate", facts) : say("alarm.footageLate", facts)}
        hint={say("alarm.lateHint")}
      />
    );
  });
}
