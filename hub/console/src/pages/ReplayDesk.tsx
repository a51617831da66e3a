// SPDX-License-Identifier: EUPL-1.2
// Looking back at one deployment: pictures, transport and timeline under one clock.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type CSSProperties } from "react";
import type { Lookable } from "../hub/lookable";
import type { Footage } from "../hub/types";
import { useWords } from "../i18n/language";
import { letterKeysOn, pressed, typesCharacter } from "../parts/keys";
import { BACK_S } from "../replay/address";
import { following, panned, zoomed } from "../replay/axis";
import { Screening } from "../replay/screening";
import { beginsAt, gapFrom, type Stretch } from "../replay/spans";
import { deedOf, type Deed } from "../replay/transport";
import { clockMinutes } from "../words/times";
import { ReplayControls, ReplayKeys } from "./ReplayControls";
import { ReplayPanels } from "./ReplayPanels";
import { ReplayPicture } from "./ReplayPicture";
import { ReplayTimeline } from "./ReplayTimeline";
import "./replay.css";

interface Properties {
  footage: Footage;
  cameras: Lookable["cameras"];
  /** what the timeline spans */
  limits: Stretch;
  window: Stretch;
  first: { camera: string | null; backS: number | null };
  nowUs: number;
  hubNowUs: () => number | null;
  onSignedOut: () => void;
}

const S = 1_000_000;
const NEAR_US = 10 * 60 * S; // in view when somebody looks back two minutes
const ZOOM = 1.6; // a press

/** Space and Enter press the button that has the focus, and typing is typing. */
function pressesItself(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea")) return true;
  if (document.querySelector("dialog[open]")) return true;
  return (event.key === " " || event.key === "Enter") && target?.closest("button, a") !== null;
}

function useKeys(onDeed: (deed: Deed) => void, onNumber: (number: number) => void): void {
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const name = pressed(event);
      if (pressesItself(event) || (name !== null && typesCharacter(name) && !letterKeysOn())) return;
      const deed = deedOf(event);
      if (deed) {
        event.preventDefault();
        onDeed(deed);
      } else if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) onNumber(Number(event.key));
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [onDeed, onNumber]);
}

export function ReplayDesk({ footage, cameras, limits, window: bounds, first, nowUs, hubNowUs, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [screening] = useState(() => {
    const known = footage.cameras.map((one) => one.camera);
    const shown = first.camera !== null && known.includes(first.camera) ? [first.camera] : known.slice(0, 1);
    // Of what is over the beginning, and of what films what has just been.
    const over = first.backS === null && footage.now_us >= bounds.toUs;
    const wantedUs = over ? bounds.fromUs : Math.max(bounds.fromUs, Math.min(footage.now_us, bounds.toUs) - (first.backS ?? BACK_S) * S);
    const seen = footage.cameras.filter((one) => shown.includes(one.camera));
    return new Screening(beginsAt(seen, wantedUs), shown, hubNowUs, bounds);
  });
  const screened = useSyncExternalStore(screening.subscribe, screening.current);
  const [selection, setSelection] = useState<Stretch | null>(null);
  const [chosen, setView] = useState<Stretch>(() =>
    first.backS === null ? limits : panned({ fromUs: nowUs - NEAR_US, toUs: nowUs + NEAR_US / 10 }, 0, limits),
  );
  const [whole, setWhole] = useState(first.backS === null);
  const view = whole ? limits : chosen;
  const { positionUs, rate, shown, part } = screened;
  const closedUs = nowUs >= bounds.toUs ? bounds.toUs : null;
  const edgeUs = closedUs ?? nowUs; // nothing lies after it
  screening.setFootage(footage.cameras);

  useEffect(() => {
    screening.onSignedOut = onSignedOut;
  }, [screening, onSignedOut]);
  useEffect(() => {
    screening.start();
    return () => screening.close();
  }, [screening]);
  // The one look that an address makes by itself: a person pressed for it on the wall.
  const asked = useRef(false);
  useEffect(() => {
    if (first.backS === null || asked.current) return;
    asked.current = true;
    void screening.look(screening.current().positionUs, null).then(() => screening.press("forward"));
  }, [screening, first.backS]);
  // Nothing plays on for nobody.
  useEffect(() => {
    const hidden = (): void => {
      if (document.hidden) screening.press("still");
    };
    document.addEventListener("visibilitychange", hidden);
    return () => document.removeEventListener("visibilitychange", hidden);
  }, [screening]);
  // What plays is kept in view, moved by as much as it takes and not with each picture.
  useEffect(() => {
    if (rate !== 0) setView((before) => following(before, positionUs, limits));
  }, [rate, positionUs, limits]);
  const look = useCallback((): void => {
    void screening.look(screening.current().positionUs, null).then(() => screening.press("forward"));
  }, [screening]);

  const showView = useCallback((next: Stretch) => {
    setWhole(false);
    setView(next);
  }, []);
  const shownCameras = useMemo(() => footage.cameras.filter((one) => shown.includes(one.camera)), [footage, shown]);
  const seek = useCallback(
    (us: number): void => {
      const at = Math.max(limits.fromUs, Math.min(edgeUs, us));
      screening.seek(at);
      setView((before) => following(before, at, limits));
    },
    [screening, limits, edgeUs],
  );
  // Where nothing is open, and at the end of what is, Enter asks for a look.
  const outside = part === null || positionUs < part.fromUs || positionUs > part.toUs;
  const closed = outside || screened.atEnd;
  const deed = useCallback(
    (done: Deed): void => {
      const at = screening.current().positionUs;
      if (done.do === "transport") return screening.press(done.press);
      if (done.do === "frame") return screening.step(done.by);
      if (done.do === "move") return seek(at + done.byS * S);
      if (done.do === "first") return seek(part?.fromUs ?? limits.fromUs);
      if (done.do === "last") return seek(part?.toUs ?? nowUs);
      if (done.do === "look") return closed ? look() : undefined;
      if (done.do === "whole") return setWhole(true);
      if (done.do === "zoom-in" || done.do === "zoom-out") return showView(zoomed(view, done.do === "zoom-in" ? ZOOM : 1 / ZOOM, at, limits));
      if (done.do === "begin") return setSelection((before) => ({ fromUs: at, toUs: Math.max(before?.toUs ?? at, at) }));
      if (done.do === "end") return setSelection((before) => ({ fromUs: Math.min(before?.fromUs ?? at, at), toUs: at }));
      const gapUs = gapFrom(shownCameras, at, done.do === "next-gap" ? 1 : -1);
      if (gapUs !== null) seek(gapUs);
    },
    [screening, seek, showView, view, limits, part, nowUs, shownCameras, closed, look],
  );
  const number = useCallback(
    (index: number): void => {
      const camera = footage.cameras[index - 1]?.camera;
      if (camera !== undefined) screening.toggle(camera);
    },
    [screening, footage],
  );
  useKeys(deed, number);

  const names = useMemo(() => new Map(cameras.map((one) => [one.camera, one.name])), [cameras]);
  const broken = shown.flatMap((camera) => screening.reelOf(camera)?.allBroken() ?? []);
  return (
    <div className="fz-replay" data-testid="replay" style={{ "--fz-replay-rows": footage.cameras.length } as CSSProperties}>
      <div className="fz-replay__pictures" data-count={shown.length}>
        {shown.map((camera, place) => {
          const at = footage.cameras.findIndex((one) => one.camera === camera);
          const unit = footage.cameras[at]?.unit ?? "";
          const known = cameras.find((one) => one.camera === camera) ?? { camera, name: camera, unit, source_note: null };
          return (
            <ReplayPicture
              key={camera}
              number={at + 1}
              camera={known}
              screening={screening}
              showing={screened.showing[camera] ?? { kind: "closed" }}
              look={screened.looks[camera] ?? null}
              open={!outside}
              anyOpen={part !== null}
              failure={screened.failure}
              positionUs={positionUs}
              nowUs={nowUs}
              onLook={place === 0 ? look : null}
            />
          );
        })}
      </div>
      <ReplayControls screened={screened} onDeed={deed} />
      {screened.atEnd && part && (
        <div className="fz-replay__end" role="status" data-density="compact" data-testid="replay-end">
          <span>{say("replay.endTitle")}</span>
          <button type="button" className="fz-link fz-replay__gap" onClick={look}>
            {say("replay.lookOn")}
          </button>
        </div>
      )}
      <ReplayTimeline
        cameras={footage.cameras}
        names={names}
        shown={shown}
        view={view}
        limits={limits}
        nowUs={edgeUs}
        closed={closedUs !== null}
        positionUs={positionUs}
        part={part}
        selection={selection}
        onView={showView}
        onSeek={seek}
        onSelect={setSelection}
        onToggle={(camera) => screening.toggle(camera)}
      />
      <Legend after={say(closedUs === null ? "replay.after" : "replay.windowClosed", { time: clockMinutes(edgeUs, language) })} />
      <ReplayPanels
        cameras={footage.cameras}
        names={names}
        screened={screened}
        selection={selection}
        broken={broken}
        nowUs={nowUs}
        onLookSelection={() => selection && void screening.look(selection.fromUs, selection).then(() => screening.press("forward"))}
        onClear={() => setSelection(null)}
        onLeave={() => screening.stop()}
        onGap={seek}
      />
      <ReplayKeys />
    </div>
  );
}

const swatches = [
  ["recorded", "replay.legendRecorded"],
  ["gap", "replay.legendGap"],
  ["fetching", "replay.legendFetching"],
  ["erased", "replay.legendErased"],
  ["part", "replay.legendOpened"],
  ["selection", "replay.legendSelection"],
] as const;

function Legend({ after }: { after: string }) {
  const { say } = useWords();
  return (
    <div className="fz-replay__legend">
      {swatches.map(([kind, word]) => (
        <span className="fz-replay__legend-item" key={kind}>
          <span className={`fz-swatch fz-swatch--${kind}`} aria-hidden="true" />
          {say(word)}
        </span>
      ))}
      <span className="fz-replay__after">{after}</span>
    </div>
  );
}
