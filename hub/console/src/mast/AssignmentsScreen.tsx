// SPDX-License-Identifier: EUPL-1.2
// What an operator confirms for who stands at a mast: that a unit is the one on whose label the code stands, and, by a
// second signature, that it hangs at that post or may be aimed there.
import { useState } from "react";
import type { Decision } from "../approving/decision";
import { hub } from "../hub/api";
import { useAsked } from "../hub/asking";
import { useDeed } from "../hub/deed";
import type { AssignmentView, DeploymentView, Session, TeamPerson } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Failed, Offline } from "../parts/Failed";
import { Seal } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import type { ScreenProperties } from "../pages/screens";
import { people } from "../people/api";
import { signRecord } from "../people/signing";
import { UnreadableError } from "../signing/fields";
import { clocks, OtherThanShownError } from "../signing/shown";
import { incoming, type Enrolment } from "../units/api";
import { IncomingCard } from "../units/IncomingCard";
import { labelGroups } from "../units/label-groups";
import { moment } from "../words/times";
import { mast } from "./api";
import { openAssignment, requireNow, requirePlacing, type Assignment, type Listed, type OpenAssignment } from "./assignment";
import { newestSerial, placedAt, standingOf } from "./work";
import "../pages/panel.css";
import "../units/incoming.css";
import "./assignments.css";

interface Waiting {
  deployment: DeploymentView;
  /** the decision that stands; what is shown of it is by its own bytes */
  decision: Decision | null;
  assignment: AssignmentView;
  /** what its own bytes say; null where they are not what is shown, and are not signed here */
  record: OpenAssignment | null;
}

interface Held {
  enrolments: Enrolment[];
  waiting: Waiting[];
  team: TeamPerson[];
}

/** Everything that waits for an operator, over all deployments that are not over. */
async function everything(): Promise<Held> {
  const [enrolments, deployments, team, units] = await Promise.all([incoming(), mast.deployments(), people.team(), hub.units()]);
  const running = deployments.filter((one) => one.state === "decided" || one.state === "open");
  const waiting = running.flatMap((deployment) => {
    const decision = standingOf(deployment);
    return deployment.pending.map(async (assignment): Promise<Waiting> => {
      const record = await shownOf(deployment, decision, units, assignment.body);
      return { deployment, decision, assignment, record };
    });
  });
  return { enrolments, waiting: await Promise.all(waiting), team };
}

/** A waiting assignment, where it is one for a post of the decision, and for a unit by the key that is listed of it. */
export async function shownOf(
  deployment: DeploymentView,
  decision: Decision | null,
  units: readonly Listed[],
  body: string,
): Promise<OpenAssignment | null> {
  try {
    const record = await openAssignment(body);
    const { says } = record;
    const unit = units.find((one) => one.unit === says.unit);
    const post = decision?.posts.find((one) => one.post === says.post);
    if (unit === undefined || post === undefined) return null;
    const aims = says.setup !== null;
    await requirePlacing(says, { deployment: deployment.id, post, unit, after: newestSerial(deployment, post.post, aims), aims });
    return record;
  } catch (failure) {
    if (failure instanceof UnreadableError || failure instanceof OtherThanShownError) return null;
    throw failure;
  }
}

export default function AssignmentsScreen({ session, nowUs, onSignedOut }: ScreenProperties) {
  const { say } = useWords();
  const { answer: held, offline, refresh } = useAsked(everything, ["deployments", "units", "people"], onSignedOut);
  const [done, setDone] = useState<string | null>(null);
  const scene = { session, nowUs: nowUs ?? Date.now() * 1000, onSignedOut, onDone: (words: string) => (setDone(words), refresh()) };
  return (
    <div className="fz-assignments" data-testid="assignments">
      <p className="fz-assignments__lead">{say("mast.confirm.lead")}</p>
      {offline && <Offline testid="assignments-offline" />}
      <p role="status" className="fz-assignments__done" data-testid="assignments-done">
        {done !== null && (
          <>
            <Icon name="tick" size={16} /> {done}
          </>
        )}
      </p>
      {held === null && !offline && <Skeleton />}
      {held?.enrolments.length === 0 && held.waiting.length === 0 && <p data-testid="assignments-none">{say("mast.confirm.none")}</p>}
      {held !== null && held.enrolments.length > 0 && (
        <section className="fz-assignments__group" aria-labelledby="enrolments">
          <h2 className="fz-panel__heading" id="enrolments">
            {say("mast.confirm.enrolments")}
          </h2>
          {held.enrolments.map((one) => (
            <IncomingCard key={one.enrolment} one={one} nowUs={scene.nowUs} first={false} found={false} onChanged={refresh} onSignedOut={onSignedOut} />
          ))}
        </section>
      )}
      {held !== null && held.waiting.length > 0 && (
        <section className="fz-assignments__group" aria-labelledby="placings">
          <h2 className="fz-panel__heading" id="placings">
            {say("mast.confirm.placings")}
          </h2>
          {held.waiting.map((one, n) => (
            <AssignmentCard key={one.assignment.digest} {...scene} {...one} team={held.team} first={n === 0} />
          ))}
        </section>
      )}
    </div>
  );
}

interface Scene {
  session: Session;
  nowUs: number;
  onSignedOut: () => void;
  /** it was done, in words */
  onDone: (words: string) => void;
}

interface CardProperties extends Scene, Waiting {
  team: TeamPerson[];
  /** its signature is the screen's next lawful step */
  first: boolean;
}

function AssignmentCard({ deployment, decision, assignment, record, team, first, ...scene }: CardProperties) {
  const { say, language } = useWords();
  const { session } = scene;
  const { busy, failure, run } = useDeed(scene.onSignedOut);
  const mine = team.find((one) => one.name === session.name)?.fingerprint ?? null;
  const signedByMe = mine !== null && assignment.signed_by.includes(mine);
  const sign = (): void =>
    void run(async () => {
      if (record === null) return;
      requireNow(record.says, clocks(scene.nowUs));
      const after = await mast.sign(record.digest, await signRecord(session.name, "assignment", record));
      scene.onDone(say(after.log_index === null ? "mast.confirm.signedHalf" : "mast.confirm.signed"));
    });
  return (
    <article
      className="fz-card fz-panel fz-assignments__card"
      data-testid="assignment"
      data-unit={assignment.unit}
      data-kind={assignment.setup === null ? "place" : "aim"}
      data-signed={assignment.signed_by.length}
    >
      {record === null || decision === null ? (
        <p role="alert" data-testid="assignment-other">
          {say("mast.confirm.unreadable")}
        </p>
      ) : (
        <What deployment={deployment} decision={decision} assignment={record.says} nowUs={scene.nowUs} />
      )}
      <p className="fz-assignments__seal">
        <Seal state={assignment.signed_by.length > 0 ? "half" : "unsigned"} size={20} />
        <SignedBy keys={assignment.signed_by} team={team} mine={mine} />
      </p>
      {record !== null && (
        <>
          <p className="fz-panel__muted">{say("mast.confirm.digest")}</p>
          <p className="fz-assignments__digest" data-testid="assignment-digest">
            {record.digest}
          </p>
        </>
      )}
      <Failed failure={failure} testid="mast-failed" />
      {signedByMe && <p className="fz-panel__muted">{say("mast.confirm.mine")}</p>}
      {!signedByMe && record !== null && (
        <div className="fz-assignments__deeds">
          <Button kind={first ? "primary" : "secondary"} aria-disabled={busy} onClick={sign} data-testid="assignment-sign">
            {say(busy ? "mast.busy" : assignment.signed_by.length > 0 ? "mast.confirm.sign" : "mast.confirm.signFirst")}
          </Button>
        </div>
      )}
      {!signedByMe && record !== null && (
        <p className="fz-panel__muted" data-testid="assignment-leave">
          {record.says.setup === null
            ? say("mast.confirm.leavePlace")
            : say("mast.confirm.leaveAim", { to: moment(record.says.setup.to_us, scene.nowUs, language) })}
        </p>
      )}
    </article>
  );
}

interface WhatProperties {
  deployment: DeploymentView;
  decision: Decision;
  assignment: Assignment;
  nowUs: number;
}

function What({ deployment, decision, assignment, nowUs }: WhatProperties) {
  const { say, language } = useWords();
  const post = decision.posts.find((one) => one.post === assignment.post)?.name ?? assignment.post;
  const { unit, setup } = assignment;
  const { number } = decision;
  const held = setup === null ? placedAt(deployment, assignment.post) : null;
  return (
    <>
      <h3 className="fz-assignments__name">{say(setup === null ? "mast.confirm.place" : "mast.confirm.aim", { unit, post })}</h3>
      <p>
        {setup === null
          ? say("mast.confirm.placeHint", { number })
          : say("mast.confirm.aimHint", { from: moment(setup.from_us, nowUs, language), to: moment(setup.to_us, nowUs, language), number })}
      </p>
      {held !== null && held.unit !== unit && <p>{say("mast.confirm.swapHint", { other: held.unit })}</p>}
      <p className="fz-panel__muted">{say("mast.unit.groups")}</p>
      <p className="fz-assignments__groups" data-testid="assignment-key">
        {labelGroups(assignment.unit_key).map((group, place) => (
          <span key={place}>{group}</span>
        ))}
      </p>
    </>
  );
}

function SignedBy({ keys, team, mine }: { keys: readonly string[]; team: readonly TeamPerson[]; mine: string | null }) {
  const { say } = useWords();
  if (keys.length === 0) return <span>{say("mast.confirm.signedNone")}</span>;
  const names = keys.map((key) => (key === mine ? say("mast.confirm.byYou") : (team.find((one) => one.fingerprint === key)?.display ?? say("mast.confirm.signedOther"))));
  return <span>{say("mast.confirm.signedBy", { who: names.join(", ") })}</span>;
}
