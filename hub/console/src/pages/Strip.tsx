// SPDX-License-Identifier: EUPL-1.2
// The strip under the header: nobody can work here without knowing whether a camera is on, and until when.
import type { OverviewState } from "../hub/overview";
import { filmingIn, openNow, type Standing } from "../hub/standing";
import { useWords } from "../i18n/language";
import { useLooking } from "../live/looking";
import { Icon } from "../parts/Icon";
import { Seal } from "../parts/Seal";
import { stripWords } from "./strip-words";
import "./strip.css";

interface Properties {
  holder: OverviewState;
  standing: readonly Standing[];
  nowUs: number | null;
}

export function Strip({ holder, standing, nowUs }: Properties) {
  const spoken = useWords();
  const looking = useLooking();
  const words = stripWords({ ...holder, standing, nowUs, looking, ...spoken });
  if (!words) return null;
  return (
    <section
      className={`fz-strip fz-strip--${words.state}`}
      aria-label={spoken.say("strip.label")}
      data-testid="strip"
      data-state={words.state}
      data-filming={nowUs === null ? 0 : filmingIn(openNow(standing, nowUs)).length}
    >
      {words.state === "offline" ? (
        <Icon name="warning" size={18} />
      ) : (
        <Seal state={words.state === "filming" ? "filming" : "shut"} size={18} />
      )}
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
      {words.watching && (
        <p className="fz-strip__watching" data-testid="people-watching">
          <Icon name="eye" />
          {words.watching}
        </p>
      )}
    </section>
  );
}
