// SPDX-License-Identifier: EUPL-1.2
// What somebody must see to on every screen, until it is over: that something is not forgotten in time.
import type { Alarm } from "../hub/types";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { alarmWords } from "./alarm-words";

interface Properties {
  alarms: readonly Alarm[];
  nowUs: number;
}

export function Alarms({ alarms, nowUs }: Properties) {
  const { say, language } = useWords();
  return alarms
    .filter(({ kind }) => kind === "erasure-late")
    .map((alarm) => {
      const { title, body } = alarmWords(alarm, nowUs, say, language);
      return <Notice key={`${alarm.kind} ${alarm.what ?? ""}`} tone="lost" testid="alarm" reason={alarm.kind} title={title} hint={body} />;
    });
}
