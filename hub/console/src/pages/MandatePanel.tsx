// SPDX-License-Identifier: EUPL-1.2
// By what right this films, and until when.
import type { WindowNow } from "../hub/standing";
import type { Filming } from "../hub/types";
import { useWords } from "../i18n/language";
import { EndLine } from "../parts/EndLine";
import { Seal } from "../parts/Seal";
import { inLastMinutes, moment, timeLeft } from "../words/times";
import "./panel.css";

interface Properties {
  filming: Filming;
  window: WindowNow;
  demo: boolean;
  nowUs: number;
}

export function MandatePanel({ filming, window, demo, nowUs }: Properties) {
  const { say, language } = useWords();
  const until = moment(filming.until_us, nowUs, language);
  const fromUs = filming.from_us;
  const open = window === "open";
  const early = window === "early"; // the end in the decision is not when it ended
  return (
    <section className="fz-panel" data-testid="mandate" data-open={open}>
      <div className="fz-panel__head">
        <Seal state={open ? "filming" : "shut"} size={32} />
        <div>
          <h2 className="fz-panel__title">{filming.title}</h2>
          <p className="fz-panel__muted">
            {say("mandate.number", { number: filming.number })} · {open ? say("mandate.seal") : say("mandate.sealShut")}
          </p>
        </div>
      </div>
      <div className="fz-panel__end">
        {open && <p className="fz-panel__left">{timeLeft(filming.until_us, nowUs, say)}</p>}
        {early ? (
          <p>{say("tile.closedTitleEarly")}</p>
        ) : (
          <p>
            {open ? say("mandate.windowEnds") : say("mandate.windowEnded")} <strong>{until}</strong>
          </p>
        )}
      </div>
      {!early && (
        <div>
          <EndLine
            fromUs={fromUs}
            untilUs={filming.until_us}
            nowUs={nowUs}
            last={open && inLastMinutes(filming.until_us, nowUs)}
          />
          <p className="fz-panel__ends" aria-hidden="true">
            <span>{moment(fromUs, nowUs, language)}</span>
            <span>{until}</span>
          </p>
          <p className="fz-unseen">{say("mandate.window", { from: moment(fromUs, nowUs, language), until })}</p>
        </div>
      )}
      {demo && (
        <p className="fz-panel__demo" data-testid="demo-keys">
          <span className="fz-panel__tag">{say("header.demo")}</span>
          {say("mandate.demoKeys")}
        </p>
      )}
    </section>
  );
}
