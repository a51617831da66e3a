// SPDX-License-Identifier: EUPL-1.2
// The test picture while a camera is aimed, with the planned ground and horizon drawn over it. It is the same look as on
// the wall: logged, live only, and what is not now says so.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Post } from "../approving/decision";
import { useWords } from "../i18n/language";
import { LiveView } from "../live/view";
import { usePictureAge } from "../pages/picture-age";
import { clockSeconds } from "../words/times";
import { horizonOf, outlineOf } from "./aim";

const AGAIN_MS = 3_000; // until the unit has its order, there is no picture to be had
const STALE_MS = 5_000;
const WIDTH = 640;
const HEIGHT = 360;
/** No use in asking again: nobody is signed in, or this person may not. */
const NO = new Set([401, 403]);

interface Properties {
  camera: string;
  unit: string;
  post: Post;
  untilUs: number;
  left: string;
  offline: boolean;
  onSeen: (capturedUs: number) => void;
  onSignedOut: () => void;
}

export function Preview({ camera, unit, post, left, offline, onSeen, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [live] = useState(() => new LiveView(camera));
  const frame = useRef<HTMLElement>(null);
  const view = useSyncExternalStore(live.subscribe, live.current);
  const age = usePictureAge(live, frame);
  const { link } = view;
  const forbidden = link.phase === "stopped" && link.status !== null && NO.has(link.status);

  useEffect(() => {
    live.onSignedOut = onSignedOut;
    void live.watch();
    return () => live.leave();
  }, [live, onSignedOut]);
  useEffect(() => live.setHubAnswers(!offline), [live, offline]);
  useEffect(() => {
    if (link.phase !== "stopped" || forbidden) return;
    const timer = window.setTimeout(() => void live.watch(), AGAIN_MS);
    return () => window.clearTimeout(timer);
  }, [live, link, forbidden]);

  const fresh = age !== null && age.ageMs < STALE_MS;
  const captured = age?.capturedAtUs ?? null;
  const told = useRef(false);
  useEffect(() => {
    if (!fresh || captured === null || told.current) return;
    told.current = true;
    onSeen(captured);
  }, [fresh, captured, onSeen]);

  return (
    <figure ref={frame} className="fz-mast__picture" data-scheme="dark" data-testid="mast-preview" data-state={fresh ? "live" : age ? "stale" : "none"}>
      <canvas ref={live.picture.attach} width={WIDTH} height={HEIGHT} role="img" aria-label={say("mast.aim.picture", { unit })} data-stale={age !== null && !fresh} />
      <Plan post={post} />
      <figcaption className="fz-mast__kept">{say("mast.aim.kept", { left })}</figcaption>
      {age === null && <p className="fz-mast__none">{say(forbidden ? "mast.aim.none" : "mast.aim.opening")}</p>}
      {age !== null && !fresh && (
        <p className="fz-mast__band" data-testid="mast-stale">
          {say("mast.aim.stale", { time: clockSeconds(age.capturedAtUs, language) })}
        </p>
      )}
      <p className="fz-mast__legend">{say("mast.aim.logged")}</p>
      {inPicture(post) && <p className="fz-mast__legend">{say("mast.aim.outline")}</p>}
    </figure>
  );
}

/** Whether anything of the plan can be drawn: a steep camera sees neither the horizon nor where its ground ends. */
function inPicture(post: Post): boolean {
  const horizon = horizonOf(post);
  const seen = outlineOf(post).some((line) => line.some(({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1));
  return seen || (horizon > 0 && horizon < 1);
}

function Plan({ post }: { post: Post }) {
  const horizon = horizonOf(post);
  const lines = outlineOf(post);
  return (
    <svg className="fz-mast__plan" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
      {horizon > 0 && horizon < 1 && <line x1={0} x2={WIDTH} y1={horizon * HEIGHT} y2={horizon * HEIGHT} className="fz-mast__horizon" />}
      {lines.map((line, n) => (
        <polyline key={n} className="fz-mast__ground" points={line.map(({ x, y }) => `${(x * WIDTH).toFixed(1)},${(y * HEIGHT).toFixed(1)}`).join(" ")} />
      ))}
    </svg>
  );
}
