// SPDX-License-Identifier: EUPL-1.2
// What an operator confirms for who stands at a mast: that a unit is the one on whose label the code stands, and, by a
// second signature, that it hangs at that post or may be aimed there.
import { useState } from "react";
import { useAsked } from "../hub/asking";
import { useDeed } from "../hub/deed";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Failed, Offline } from "../parts/Failed";
import { Seal } from "../parts/Seal";
import { Skeleton } from "../parts/Skeleton";
import type { ScreenProperties } from "../pages/screens";
import { people, type TeamPerson } from "../people/api";
import { signRecord } from "../people/signing";
import { incoming, type Enrolment } from "../units/api";
import { IncomingCard } from "../units/IncomingCard";
import { moment } from "../words/times";
import { mast, type AssignmentView, type DeploymentView } from "./api";
import { readAssignment } from "./assignment";
import { placedAt, standingOf } from "./work";
import "../pages/panel.css";
import "../units/incoming.css";
import "./assignments.css";

interface Waiting {
  deployment: DeploymentView;
  assignment: AssignmentView;
}

interface Held {
  enrolments: Enrolment[];
  waiting: Waiting[];
  team: TeamPerson[];
}

/** Everything that waits for an operator, over all deployments that are not over. */
async function everything(): Promise<Held> {
  const [enrolments, deployments, team] = await Promise.all([incoming(), mast.deployments(), people.team()]);
  const running = deployments.filter((one) => one.state === "decided" || one.state === "open");
  const waiting = await Promise.all(
    running.map(async (deployment) => (await mast.pending(deployment.id)).map((assignment) => ({ deployment, assignment }))),
  );
  return { enrolments, waiting: waiting.flat(), team };
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

function AssignmentCard({ deployment, assignment, team, first, ...scene }: CardProperties) {
  const { say } = useWords();
  const { session } = scene;
  const { busy, failure, run } = useDeed(scene.onSignedOut);
  const shown = readAssignment(assignment.body);
  const mine = team.find((one) => one.name === session.name)?.fingerprint ?? null;
  const signedByMe = mine !== null && assignment.signed_by.includes(mine);
  const sign = (): void =>
    void run(async () => {
      const after = await mast.sign(assignment.digest, await signRecord(session.name, "assignment", assignment.body));
      scene.onDone(say(after.log_index === null ? "mast.confirm.signedHalf" : "mast.confirm.signed"));
    });
  return (
    <article
      className="fz-panel fz-assignments__card"
      data-testid="assignment"
      data-unit={assignment.unit}
      data-kind={assignment.setup === null ? "place" : "aim"}
      data-signed={assignment.signed_by.length}
    >
      {shown === null ? (
        <p role="alert">{say("mast.confirm.unreadable")}</p>
      ) : (
        <What deployment={deployment} assignment={shown} nowUs={scene.nowUs} />
      )}
      <p className="fz-assignments__seal">
        <Seal state={assignment.signed_by.length > 0 ? "half" : "unsigned"} size={20} />
        <SignedBy keys={assignment.signed_by} team={team} mine={mine} />
      </p>
      <p className="fz-panel__muted">{say("mast.confirm.digest")}</p>
      <p className="fz-assignments__digest">{assignment.digest}</p>
      <Failed failure={failure} testid="mast-failed" />
      {signedByMe && <p className="fz-panel__muted">{say("mast.confirm.mine")}</p>}
      {!signedByMe && shown !== null && (
        <div className="fz-assignments__deeds">
          <Button kind={first ? "primary" : "secondary"} aria-disabled={busy} onClick={sign} data-testid="assignment-sign">
            {say(busy ? "mast.busy" : assignment.signed_by.length > 0 ? "mast.confirm.sign" : "mast.confirm.signFirst")}
          </Button>
        </div>
      )}
    </article>
  );
}

function What({ deployment, assignment, nowUs }: { deployment: DeploymentView; assignment: NonNullable<ReturnType<typeof readAssignment>>; nowUs: number }) {
  const { say, language } = useWords();
  const decision = standingOf(deployment);
  const post = decision?.posts.find((one) => one.post === assignment.post)?.name ?? assignment.post;
  const { unit, setup } = assignment;
  const { number } = deployment;
  if (setup !== null) {
    return (
      <>
        <h3 className="fz-assignments__name">{say("mast.confirm.aim", { unit, post })}</h3>
        <p>{say("mast.confirm.aimHint", { from: moment(setup.from_us, nowUs, language), to: moment(setup.to_us, nowUs, language), number })}</p>
      </>
    );
  }
  const held = decision === null ? null : placedAt(deployment, assignment.post);
  return (
    <>
      <h3 className="fz-assignments__name">{say("mast.confirm.place", { unit, post })}</h3>
      <p>{say("mast.confirm.placeHint", { number })}</p>
      {held !== null && held.unit !== unit && <p>{say("mast.confirm.swapHint", { other: held.unit })}</p>}
    </>
  );
}

function SignedBy({ keys, team, mine }: { keys: readonly string[]; team: readonly TeamPerson[]; mine: string | null }) {
  const { say } = useWords();
  if (keys.length === 0) return <span>{say("mast.confirm.signedNone")}</span>;
  const names = keys.map((key) => (key === mine ? say("mast.confirm.byYou") : (team.find((one) => one.fingerprint === key)?.display ?? say("mast.confirm.signedOther"))));
  return <span>{say("mast.confirm.signedBy", { who: names.join(", ") })}</span>;
}
