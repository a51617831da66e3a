// SPDX-License-Identifier: EUPL-1.2
// Who looks now, and the line in the log that says so.
import type { Filming } from "../hub/types";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { LogNumber } from "../parts/Link";
import { moment } from "../words/times";
import { personWords } from "./person-words";
import "./lookers.css";

export function LookersPanel({ filming, nowUs }: { filming: readonly Filming[]; nowUs: number }) {
  const { say, language } = useWords();
  const looks = filming.flatMap((one) => one.looks);
  return (
    <section className="fz-card fz-panel" data-testid="lookers">
      <div className="fz-lookers__head">
        <h2 className="fz-panel__heading">
          <Icon name="eye" size={18} />
          {say("wall.who")}
        </h2>
        <span className="fz-panel__muted">{say("wall.whoHint")}</span>
      </div>
      {looks.length === 0 && <p className="fz-panel__muted">{say("wall.whoNobody")}</p>}
      {looks.length > 0 && (
        <ul className="fz-lookers">
          {looks.map((look) => (
            <li key={look.log_index} className="fz-lookers__one" data-testid="looker">
              <span>
                <strong>{personWords(look.name, say)}</strong>{" "}
                <span className="fz-panel__muted">
                  {look.purpose === "replay" ? say("wall.whoReplay") : say("wall.whoWatch", { count: look.cameras.length })}
                </span>
              </span>
              <span className="fz-lookers__when">
                {say("wall.whoSince", { time: moment(look.since_us, nowUs, language) })} <LogNumber index={look.log_index} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
