// SPDX-License-Identifier: EUPL-1.2
// What films next: when, where, and how many of its posts have a unit.
import type { Next } from "../hub/types";
import { useWords } from "../i18n/language";
import { clockMinutes, moment } from "../words/times";

export function Upcoming({ upcoming, nowUs }: { upcoming: readonly Next[]; nowUs: number }) {
  const { say, language } = useWords();
  return (
    <section className="fz-part__box fz-next" data-testid="upcoming">
      <h2 className="fz-next__title">{say("overview.next")}</h2>
      {upcoming.length === 0 ? (
        <p className="fz-films__muted">{say("overview.nextNone")}</p>
      ) : (
        <table className="fz-next__table">
          <thead>
            <tr>
              <th scope="col">{say("overview.when")}</th>
              <th scope="col">{say("overview.where")}</th>
              <th scope="col">{say("overview.placed")}</th>
            </tr>
          </thead>
          <tbody>
            {upcoming.map((one) => (
              <tr key={`${one.deployment} ${one.from_us}`} data-testid="next-window" data-number={one.number}>
                <td>
                  <strong>{moment(one.from_us, nowUs, language)}</strong>–{clockMinutes(one.to_us, language)}
                </td>
                <td>
                  <strong>{one.title}</strong> <span className="fz-films__muted">{one.number}</span>
                </td>
                <td>{say("overview.placedOf", { placed: one.placed, posts: one.posts })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
