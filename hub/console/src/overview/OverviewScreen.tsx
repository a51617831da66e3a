// SPDX-License-Identifier: EUPL-1.2
// What runs now, what waits for who is signed in, and what is wrong. States only: pictures open on the wall, under a look.
import { useAsked } from "../hub/asking";
import type { Thing } from "../hub/changes";
import { filmingIn, openNow } from "../hub/standing";
import type { Filming } from "../hub/types";
import { useWords } from "../i18n/language";
import { AlarmList } from "../pages/AlarmsPanel";
import { Ended } from "../pages/Ended";
import { LookersPanel } from "../pages/LookersPanel";
import type { ScreenProperties } from "../pages/screens";
import { Link } from "../parts/Link";
import { Seal } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import { tasks } from "./api";
import { FilmsNow } from "./FilmsNow";
import { Tasks } from "./Tasks";
import { Upcoming } from "./Upcoming";
import "./overview.css";

const WAITING_ON: readonly Thing[] = ["deployments", "plans", "units", "people"];

export default function OverviewScreen({ session, holder, standing, nowUs, onSignedOut }: ScreenProperties) {
  const { say } = useWords();
  const asked = useAsked(tasks, WAITING_ON, onSignedOut);
  const { overview, offline, refresh } = holder;
  if (overview === null || nowUs === null) return <Skeleton rows={4} />;
  const open = openNow(standing, nowUs);
  const filming = filmingIn(open);
  const idle = open.filter((one) => !filming.includes(one));
  const card = (one: Filming) => (
    <FilmsNow key={one.deployment} filming={one} session={session} hubAnswers={!offline} nowUs={nowUs} onChange={changed} onSignedOut={onSignedOut} />
  );
  const changed = (): void => {
    refresh();
    asked.refresh();
  };
  return (
    <div className="fz-overview" data-testid="overview">
      <div className="fz-overview__films">
        <section className="fz-part" aria-labelledby="fz-films">
          <div className="fz-part__head">
            <h2 id="fz-films">{say("overview.films")}</h2>
            {filming.length > 0 && <span className="fz-part__count">{filming.length}</span>}
            <span className="fz-part__hint">{say("overview.filmsHint")}</span>
          </div>
          {filming.map(card)}
          {filming.length === 0 && (
            <div className="fz-part__box fz-part__nothing" data-testid="nothing-films">
              <Seal state="shut" size={32} />
              <div>
                <p>
                  <strong>{say("overview.filmsNone")}</strong>
                </p>
                <p className="fz-films__muted">{say("overview.filmsNoneBody")}</p>
              </div>
            </div>
          )}
        </section>
        {idle.length > 0 && (
          <section className="fz-part" aria-labelledby="fz-idle" data-testid="idle">
            <div className="fz-part__head">
              <h2 id="fz-idle">{say("overview.idle")}</h2>
              <span className="fz-part__count">{idle.length}</span>
            </div>
            {idle.map(card)}
          </section>
        )}
        <Upcoming upcoming={overview.upcoming} nowUs={nowUs} />
        <Ended recent={overview.recent} nowUs={nowUs} />
      </div>
      <Tasks asked={asked} filming={open} session={session} nowUs={nowUs} onChange={changed} onSignedOut={onSignedOut} />
      <section className="fz-part" aria-labelledby="fz-wrong" data-testid="wrong">
        <div className="fz-part__head">
          <h2 id="fz-wrong">{say("overview.wrong")}</h2>
          {overview.alarms.length > 0 && <span className="fz-part__count">{overview.alarms.length}</span>}
        </div>
        <div className="fz-part__box">
          {overview.alarms.length === 0 && (
            <p className="fz-part__none">{filming.length > 0 ? say("overview.wrongNone") : say("overview.wrongNothing")}</p>
          )}
          <AlarmList alarms={overview.alarms} nowUs={nowUs} />
          {session.role === "operator" && (
            <p className="fz-part__more">
              <Link href="/units">{say("overview.units")}</Link>
            </p>
          )}
        </div>
        <LookersPanel filming={open} nowUs={nowUs} />
      </section>
    </div>
  );
}
