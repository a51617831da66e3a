// SPDX-License-Identifier: EUPL-1.2
// Nothing films: said plainly, with what comes next as far as it is known and what can be looked back at.
import type { Next, Recent } from "../hub/types";
import { useWords } from "../i18n/language";
import { Seal } from "../parts/Seal";
import { moment } from "../words/times";
import { Ended } from "./Ended";
import "./wall.css";

export function EmptyWall({ next, recent, nowUs }: { next: Next | null; recent: readonly Recent[]; nowUs: number }) {
  const { say, language } = useWords();
  return (
    <>
      <section className="fz-empty" data-testid="nothing-films">
        <Seal state="shut" size={32} />
        <div>
          <h2 className="fz-empty__heading">{next ? say("empty.nextHeading") : say("empty.noneHeading")}</h2>
          <p className="fz-empty__body">
            {next
              ? say("empty.next", { number: next.number, time: moment(next.from_us, nowUs, language) })
              : say("empty.none")}
          </p>
        </div>
      </section>
      <Ended recent={recent} nowUs={nowUs} />
    </>
  );
}
