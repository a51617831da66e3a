// SPDX-License-Identifier: EUPL-1.2
// Which deployment is looked back at, and what stands here where none can be.
import { useCallback, useEffect, useMemo, useState } from "react";
import { DAY_US, useFootage } from "../hub/footage";
import { lookable } from "../hub/lookable";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { Seal } from "../parts/Seal";
import { openedHere, readWanted } from "../replay/address";
import { failureOf } from "../replay/reel";
import type { Stretch } from "../replay/spans";
import { clockSeconds } from "../words/times";
import { failureWords } from "./replay-words";
import { ReplayDesk } from "./ReplayDesk";
import type { ScreenProperties } from "./screens";
import "./wall.css";
import "./replay.css";

const MINUTE_US = 60_000_000;

export default function ReplayScreen({ holder, standing, nowUs, onSignedOut }: ScreenProperties) {
  const { say, language } = useWords();
  const [wanted] = useState(() => {
    const read = readWanted(window.location.search);
    return openedHere(window) ? read : { ...read, backS: null };
  });
  // What the address asked for is done once: loaded again it only shows the timeline.
  useEffect(() => window.history.replaceState(null, "", "/replay"), []);
  const [chosen, choose] = useState(wanted.deployment);
  const known = lookable(standing, holder.overview?.recent ?? []);
  const filming = known.find((one) => one.deployment === chosen) ?? (chosen === null ? known[0] : undefined);
  const deployment = filming?.deployment ?? chosen;
  const since = holder.overview?.now_us ?? null;
  const [firstUs, setFirstUs] = useState<number | null>(since);
  if (firstUs === null && since !== null) setFirstUs(since);
  // A deployment that the overview lists no more is looked for in the last day.
  const fromUs = filming?.from_us ?? (firstUs ?? 0) - DAY_US;
  const toUs = filming?.until_us ?? firstUs ?? 0;
  const minuteUs = nowUs === null ? 0 : Math.ceil(nowUs / MINUTE_US) * MINUTE_US;
  const windowed = useMemo<Stretch>(() => ({ fromUs, toUs }), [fromUs, toUs]);
  const limits = useMemo<Stretch>(() => limitsOf(fromUs, toUs, minuteUs), [fromUs, toUs, minuteUs]);
  const { clock } = holder;
  const hubNowUs = useCallback(() => clock.nowUs(performance.now()), [clock]);
  const { footage, offline, refused } = useFootage(firstUs === null ? null : deployment, windowed, hubNowUs, onSignedOut);

  if (holder.overview === null || nowUs === null) return null;
  if (deployment === null) return <Nothing title={say("replay.emptyTitle")} body={say("replay.emptyBody")} />;
  if (refused) {
    const failure = failureOf(refused);
    const words = failureWords(failure, true, say);
    return <Notice tone="lost" testid="replay-refused" title={words.title} hint={words.body ?? ""} />;
  }
  return (
    <div className="fz-replay__screen" data-testid="replay-screen">
      {known.length > 1 && (
        <label className="fz-replay__deployment" data-density="compact">
          {say("replay.deployment")}{" "}
          <select className="fz-replay__select" value={deployment} onChange={(event) => choose(event.target.value)}>
            {known.map((one) => (
              <option key={one.deployment} value={one.deployment}>
                {`${one.number} ${one.title}`}
              </option>
            ))}
          </select>
        </label>
      )}
      {offline && (
        <Notice
          tone="slow"
          testid="replay-offline"
          title={say("replay.offlineTitle")}
          hint={footage ? say("replay.offlineHint", { time: clockSeconds(footage.now_us, language) }) : say("replay.offlineHintNone")}
        />
      )}
      {footage === null && !offline && (
        <p className="fz-replay__busy" role="status">
          {say("replay.busy")}
        </p>
      )}
      {footage?.cameras.length === 0 && <Nothing title={say("replay.nothingTitle")} body={say("replay.nothingBody")} />}
      {footage && footage.cameras.length > 0 && (
        <ReplayDesk
          key={deployment}
          footage={footage}
          cameras={filming?.cameras ?? []}
          limits={limits}
          window={windowed}
          first={wanted.deployment === deployment ? wanted : { camera: null, backS: null }}
          nowUs={nowUs}
          hubNowUs={hubNowUs}
          onSignedOut={onSignedOut}
        />
      )}
    </div>
  );
}

/** From the window's beginning to its end, or while it is open to a minute past now, and not a whole empty afternoon. */
function limitsOf(fromUs: number, toUs: number, minuteUs: number): Stretch {
  return { fromUs: Math.max(fromUs, Math.min(toUs, minuteUs) - DAY_US), toUs: Math.max(fromUs + 2 * MINUTE_US, minuteUs > toUs ? toUs : minuteUs + MINUTE_US) };
}

function Nothing({ title, body }: { title: string; body: string }) {
  return (
    <section className="fz-empty" data-testid="replay-nothing">
      <Seal state="shut" size={32} />
      <div>
        <h2 className="fz-empty__heading">{title}</h2>
        <p className="fz-empty__body">{body}</p>
      </div>
    </section>
  );
}
