// SPDX-License-Identifier: EUPL-1.2
// At the mast, on a phone: which unit, at which post, aimed, a sign at each way in, and a self-test that ends green or
// says what is wrong. One question a screen; where one was is kept on the phone, and so is what could not be sent.
import { useCallback, useEffect, useState } from "react";
import { useAsked } from "../hub/asking";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Skeleton } from "../parts/Skeleton";
import type { ScreenProperties } from "../pages/screens";
import { keptKey } from "../people/keys";
import { useOwnKey } from "../people/own-key";
import type { Bytes } from "../replay/sealed";
import { clockMinutes } from "../words/times";
import { AimStep } from "./AimStep";
import { Anew } from "./Anew";
import { mast, type Entrance } from "./api";
import { keepJob, keptJob, NEW_JOB, type Job } from "./kept";
import { Progress } from "./parts";
import { usePhotos } from "./photos";
import { PostStep } from "./PostStep";
import { SignsStep } from "./SignsStep";
import { TestStep } from "./TestStep";
import { UnitStep } from "./UnitStep";
import { standingNow, workOf, type Standing, type Work } from "./work";
import "./mast.css";

/** What every step is given. */
export interface StepProperties {
  session: Session;
  job: Job;
  /** keep this of the job and go on */
  onJob: (change: Partial<Job>) => void;
  work: readonly Work[] | null;
  /** by unit: where it stands already, over all deployments that are not over */
  standing: ReadonlyMap<string, Standing>;
  refresh: () => void;
  nowUs: number;
  offline: boolean;
  onSignedOut: () => void;
}

function useJob(session: Session): [Job | null, (change: Partial<Job>) => void] {
  const [job, setJob] = useState<Job | null>(null);
  useEffect(() => {
    void keptJob(session.name).then(setJob);
  }, [session.name]);
  const change = useCallback(
    (part: Partial<Job>) =>
      setJob((before) => {
        const next = { ...(before ?? NEW_JOB), ...part };
        void keepJob(session.name, next);
        return next;
      }),
    [session.name],
  );
  return [job, change];
}

/** The public half of the key that this phone keeps, as soon as there is one. */
function useKey(session: Session, ready: boolean): Bytes | null {
  const [key, setKey] = useState<Bytes | null>(null);
  useEffect(() => {
    if (ready) void keptKey(session.name).then((own) => setKey(own?.spki ?? null));
  }, [session.name, ready]);
  return key;
}

function useOfflineSince(offline: boolean): number | null {
  const [sinceUs, setSinceUs] = useState<number | null>(null);
  useEffect(() => setSinceUs(offline ? Date.now() * 1000 : null), [offline]);
  return sinceUs;
}

const nothing = (): Promise<Entrance[]> => Promise.resolve([]);

export default function MastScreen({ session, nowUs, onSignedOut }: ScreenProperties) {
  const { say, language } = useWords();
  const [job, onJob] = useJob(session);
  const own = useOwnKey(session, onSignedOut);
  const key = useKey(session, own.state === "ready");
  const deployments = useAsked(mast.deployments, ["deployments", "units"], onSignedOut);
  const deployment = job?.deployment ?? null;
  const question = useCallback(() => (deployment === null ? nothing() : mast.entrances(deployment)), [deployment]);
  const asked = useAsked(question, ["deployments"], onSignedOut);
  const [sent, setSent] = useState<{ deployment: string; entrances: Entrance[] } | null>(null);
  const photos = usePhotos(
    session.name,
    (of, entrances) => {
      setSent({ deployment: of, entrances });
      deployments.refresh(); // there is a line again
    },
    onSignedOut,
  );
  const offline = deployments.offline;
  const sinceUs = useOfflineSince(offline);
  useEffect(() => setSent(null), [asked.answer]);
  if (job === null) return <Skeleton />;

  const step: StepProperties = {
    session,
    job,
    onJob,
    work: deployments.answer === null || (own.state === "ready" && key === null) ? null : workOf(deployments.answer, key),
    standing: standingNow(deployments.answer ?? []),
    refresh: deployments.refresh,
    nowUs: nowUs ?? Date.now() * 1000,
    offline,
    onSignedOut,
  };
  const post = step.work?.find((one) => one.id === deployment)?.posts.find((one) => one.post === job.post);
  const entrances = sent?.deployment === deployment ? sent.entrances : asked.answer;
  const count = photos.waiting.length;
  return (
    <div className="fz-mast" data-density="field" data-scheme="light" data-testid="mast" data-step={job.step}>
      <div className="fz-mast__top">
        <Progress step={job.step} />
        <p className="fz-mast__queue" data-testid="mast-waiting" data-count={count}>
          {say("mast.waiting", { count })}
        </p>
      </div>
      {job.step !== "unit" && (
        <div className="fz-mast__what">
          <strong>{[job.unit, post?.name].filter(Boolean).join(" · ")}</strong>
          <Anew unit={job.unit ?? ""} onAnew={() => onJob(NEW_JOB)} testid="mast-anew" />
        </div>
      )}
      {sinceUs !== null && (
        <p className="fz-mast__offline" role="status" data-testid="mast-offline">
          <strong>{say("mast.offlineTitle", { time: clockMinutes(sinceUs, language) })}</strong> {say("mast.offlineHint", { count })}
        </p>
      )}
      {job.step === "unit" && <UnitStep {...step} />}
      {job.step === "post" && <PostStep {...step} />}
      {job.step === "aim" && <AimStep {...step} />}
      {job.step === "signs" && <SignsStep {...step} entrances={entrances} photos={photos} />}
      {job.step === "test" && <TestStep {...step} />}
    </div>
  );
}
