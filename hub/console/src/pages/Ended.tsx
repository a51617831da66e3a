// SPDX-License-Identifier: EUPL-1.2
// What filmed and is not forgotten yet: when it ended, until when its footage stands, and the way to it.
import type { Recent } from "../hub/types";
import { useWords } from "../i18n/language";
import { Link } from "../parts/Link";
import { timelinePath } from "../replay/address";
import { moment } from "../words/times";
import { targetOf } from "./screens-beside";
import "./panel.css";

export function Ended({ recent, nowUs }: { recent: readonly Recent[]; nowUs: number }) {
  const { say, language } = useWords();
  if (recent.length === 0) return null;
  return (
    <section className="fz-card fz-panel" data-testid="ended">
      <h2 className="fz-panel__heading">{say("after.heading")}</h2>
      {recent.map((one) => (
        <div key={one.deployment} data-testid="ended-deployment" data-deployment={one.deployment}>
          <p>{say("after.ended", { number: one.number, title: one.title, time: moment(one.ended_us, nowUs, language) })}</p>
          <p className="fz-panel__muted">{say("after.forget", { time: moment(one.forgotten_us, nowUs, language) })}</p>
          <p>
            <Link href={timelinePath(one.deployment)} target={targetOf("/replay")} data-testid="ended-look-back">
              {say("page.replay")}
            </Link>
          </p>
        </div>
      ))}
    </section>
  );
}
