// SPDX-License-Identifier: EUPL-1.2
// What is wrong now, each with since when and what it means; what is worst stands first.
import type { Alarm } from "../hub/types";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { alarmWords } from "./alarm-words";
import "./alarms.css";

export function AlarmList({ alarms, nowUs }: { alarms: readonly Alarm[]; nowUs: number }) {
  const { say, language } = useWords();
  return (
    <ul className="fz-alarms" data-testid="alarms">
      {alarms.map((alarm) => {
        const words = alarmWords(alarm, nowUs, say, language);
        return (
          <li
            key={`${alarm.kind} ${alarm.what ?? ""} ${alarm.camera ?? alarm.unit ?? alarm.number ?? ""}`}
            className="fz-alarms__one"
            data-testid="alarm-line"
            data-kind={alarm.kind}
            data-camera={alarm.camera ?? undefined}
            data-number={alarm.number ?? undefined}
            data-unit={alarm.unit ?? undefined}
          >
            <Icon name={alarm.kind === "unit-silent" || alarm.kind === "posts-unplaced" ? "cross" : "warning"} />
            <div>
              <p className="fz-alarms__head">
                <strong>{words.title}</strong>
                {words.since && <span className="fz-alarms__since">{words.since}</span>}
              </p>
              <p className="fz-alarms__body">{words.body}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
