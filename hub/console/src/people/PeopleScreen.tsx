// SPDX-License-Identifier: EUPL-1.2
// Who can sign, and when that was last tried: the roster's slots, the people of the teams, and one's own key.
import { RefusedError } from "../hub/api";
import { useAsked } from "../hub/asking";
import type { Approver, TeamPerson } from "../hub/types";
import { useWords, type Language, type Say } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { Offline } from "../parts/Failed";
import { Skeleton } from "../parts/Skeleton";
import type { ScreenProperties } from "../pages/screens";
import { moment } from "../words/times";
import { people, type Roster } from "./api";
import { shortPrint } from "./short-print";
import { OwnKeyPanel } from "./OwnKeyPanel";
import { useOwnKey } from "./own-key";
import "../pages/panel.css";
import "./people.css";

const NEEDED = 2;

interface Held {
  roster: Roster | null;
  approvers: Approver[];
  team: TeamPerson[];
}

/** Everybody who signs; without a roster nobody approves yet. */
async function everybody(): Promise<Held> {
  const team = await people.team();
  try {
    const [roster, approvers] = await Promise.all([people.roster(), people.approvers()]);
    return { roster, approvers, team };
  } catch (refused) {
    if (refused instanceof RefusedError && refused.reason === "no-roster") return { roster: null, approvers: [], team };
    throw refused;
  }
}

export default function PeopleScreen({ session, nowUs, onSignedOut }: ScreenProperties) {
  const { say, language } = useWords();
  const { answer: held, offline, refresh } = useAsked(everybody, ["people", "deployments"], onSignedOut);
  const own = useOwnKey(session, onSignedOut);
  const status = held?.approvers.find((one) => one.slot === session.slot) ?? null;
  const able = held?.approvers.filter((one) => one.state === "bound").length ?? 0;
  return (
    <div className="fz-people" data-testid="people">
      {offline && <Offline testid="people-offline" />}
      <div className="fz-people__columns">
        <div className="fz-people__lists">
          <p className="fz-people__title">{say("people.title")}</p>
          <p className="fz-lead">{say("people.lead")}</p>
          {held === null && !offline && <Skeleton />}
          {held && held.roster === null && <p data-testid="people-none">{say("people.none")}</p>}
          {held?.roster && (
            <section className="fz-card fz-panel" aria-labelledby="approvers">
              <h2 className="fz-panel__heading" id="approvers">
                {say("people.approvers")}
              </h2>
              <p className={able < NEEDED ? "fz-people__short" : "fz-panel__muted"} data-testid="people-able">
                {say(able < NEEDED ? "people.short" : "people.enough", { count: able })}
              </p>
              <ul className="fz-card__list">
                {held.approvers.map((one) => (
                  <Slot key={one.slot} one={one} mine={one.slot === session.slot} nowUs={nowUs} scene={{ say, language }} />
                ))}
              </ul>
            </section>
          )}
          {held && held.team.length > 0 && (
            <section className="fz-card fz-panel" aria-labelledby="team">
              <h2 className="fz-panel__heading" id="team">
                {say("people.team")}
              </h2>
              <p className="fz-panel__muted">{say("people.teamLead")}</p>
              <ul className="fz-card__list">
                {held.team.map((one) => (
                  <Member key={one.name} one={one} mine={one.name === session.name} say={say} />
                ))}
              </ul>
            </section>
          )}
        </div>
        <div className="fz-people__own">
          <OwnKeyPanel
            session={session}
            own={own}
            roster={held?.roster ?? null}
            status={status}
            nowUs={nowUs}
            onChanged={refresh}
            onSignedOut={onSignedOut}
          />
        </div>
      </div>
    </div>
  );
}

interface Scene {
  say: Say;
  language: Language;
}

export function codesWords(one: Approver, say: Say): string {
  if (one.state === "unbound") return say("people.codesUnused");
  return one.codes_left === 0 ? say("people.codesNone") : say("people.codes", { count: one.codes_left });
}

function Slot({ one, mine, nowUs, scene }: { one: Approver; mine: boolean; nowUs: number | null; scene: Scene }) {
  const { say, language } = scene;
  const tried = one.last_tried_at_us;
  const bound = one.state === "bound";
  return (
    <li className="fz-card__one" data-testid={`approver-${one.slot}`} data-state={one.state} data-tried={tried ?? undefined}>
      <div>
        <p className="fz-card__name">
          {one.person ?? one.name}
          {mine && <span className="fz-card__you"> ({say("people.you")})</span>}
        </p>
        <p className="fz-panel__muted">
          {[say("people.slot", { slot: one.slot.replace(/^slot-/, "") }), ...(one.person === null ? [say("people.nobody")] : [])].join(" · ")}
        </p>
        {one.fingerprint && <p className="fz-people__print">{say("people.print", { print: shortPrint(one.fingerprint) })}</p>}
      </div>
      <div className="fz-people__state">
        <p className={bound ? "fz-card__able fz-people__able" : "fz-people__unable"}>
          <Icon name={bound ? "tick" : "warning"} size={13} />
          {say(bound ? "people.bound" : "people.unbound")}
        </p>
        {bound && (
          <p className="fz-panel__muted">
            {tried !== null && nowUs !== null ? say("people.tried", { time: moment(tried, nowUs, language) }) : say("people.neverTried")}
          </p>
        )}
        <p className="fz-panel__muted">{codesWords(one, say)}</p>
      </div>
    </li>
  );
}

function Member({ one, mine, say }: { one: TeamPerson; mine: boolean; say: Say }) {
  return (
    <li className="fz-card__one" data-testid={`member-${one.name}`} data-key={one.fingerprint ?? undefined}>
      <div>
        <p className="fz-card__name">
          {one.display}
          {mine && <span className="fz-card__you"> ({say("people.you")})</span>}
        </p>
        <p className="fz-panel__muted">{say(`role.${one.role}`)}</p>
      </div>
      <p className={one.fingerprint ? "fz-people__state fz-people__print" : "fz-people__state fz-panel__muted"}>
        {one.fingerprint ? say("people.print", { print: shortPrint(one.fingerprint) }) : say("people.keyNone")}
      </p>
    </li>
  );
}
