// SPDX-License-Identifier: EUPL-1.2
// The strip under the header: nobody can work here without knowing whether a camera is on, and until when.
import type { OverviewHolder } from "../hub/overview";
import type { Overview } from "../hub/types";
import { useWords, type Language, type Say } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { Seal } from "../parts/Seal";
import { clockMinutes, moment, timeLeft } from "../words/times";
import "./strip.css";

interface Words {
  lead: string;
  more: string[];
  right: string;
}

function lastEnd(overview: Overview): number {
  return Math.max(...overview.filming.map((one) => one.until_us));
}

function filmingWords(overview: Overview, nowUs: number, say: Say, language: Language): Words {
  const count = overview.filming.length;
  const untilUs = lastEnd(overview);
  const time = moment(untilUs, nowUs, language);
  const watching = overview.filming.reduce((sum, one) => sum + one.watching, 0);
  return {
    lead: say("strip.filming", { count }),
    more: [count === 1 ? say("strip.until", { time }) : say("strip.lastUntil", { time }), timeLeft(untilUs, nowUs, say)],
    right: say("strip.watching", { count: watching }),
  };
}

function nothingWords(overview: Overview, nowUs: number, say: Say, language: Language): Words {
  const next = overview.next;
  const more = next ? [say("strip.next", { time: moment(next.from_us, nowUs, language), number: next.number })] : [];
  return { lead: say("strip.nothing"), more, right: "" };
}

function offlineWords(holder: OverviewHolder, nowUs: number | null, say: Say, language: Language): Words {
  const { overview, answeredUs } = holder;
  const lead =
    answeredUs === null ? say("strip.offline") : say("strip.offlineSince", { time: clockMinutes(answeredUs, language) });
  const films = overview !== null && nowUs !== null && overview.filming.length > 0 && lastEnd(overview) > nowUs;
  const more = films ? [say("strip.offlineFilming", { time: moment(lastEnd(overview), nowUs, language) })] : [];
  return { lead, more, right: "" };
}

export function Strip({ holder, nowUs }: { holder: OverviewHolder; nowUs: number | null }) {
  const { say, language } = useWords();
  const { overview, offline } = holder;
  if (!offline && (overview === null || nowUs === null)) return null;
  const count = overview?.filming.length ?? 0;
  const state = offline ? "offline" : count > 0 ? "filming" : "nothing";
  let words = offlineWords(holder, nowUs, say, language);
  if (!offline && overview && nowUs !== null) {
    words = (count > 0 ? filmingWords : nothingWords)(overview, nowUs, say, language);
  }
  return (
    <section
      className={`fz-strip fz-strip--${state}`}
      aria-label={say("strip.label")}
      data-testid="strip"
      data-state={state}
      data-filming={count}
    >
      {offline ? <Icon name="warning" size={18} /> : <Seal state={count > 0 ? "filming" : "shut"} size={18} />}
      <p className="fz-strip__words">
        <span className="fz-strip__lead" role="status">
          {words.lead}
        </span>
        {words.more.map((phrase) => (
          <span className="fz-strip__phrase" key={phrase}>
            {phrase}
          </span>
        ))}
      </p>
      {words.right && <p className="fz-strip__right">{words.right}</p>}
    </section>
  );
}
