// SPDX-License-Identifier: EUPL-1.2
// One camera on the wall. It opens nothing by itself; what it shows it says the age of. A tile that the layout leaves
// out stays where it is, hidden: its look goes on, and its picture is there at once when it is shown again.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { recordingNow, type WindowNow } from "../hub/standing";
import type { Camera, Filming, Next } from "../hub/types";
import { useWords } from "../i18n/language";
import { setLooking } from "../live/looking";
import { showsPicture, tileState, unitWord } from "../live/tile-state";
import type { LiveView } from "../live/view";
import { replayPath } from "../replay/address";
import type { Look } from "./LookPanel";
import { usePictureAge } from "./picture-age";
import { TileCaption } from "./TileCaption";
import { TileFoot } from "./TileFoot";
import { TileMessage } from "./TileMessage";
import { TilePicture } from "./TilePicture";
import { bandWords, endedWithWindow, footNote, tileWords } from "./tile-words";
import "./tile.css";

interface Properties {
  number: number;
  live: LiveView;
  camera: Camera;
  filming: Filming;
  window: WindowNow;
  next: Next | null;
  /** another deployment whose window is open */
  other: Filming | null;
  /** the page's questions are answered */
  hubAnswers: boolean;
  selected: boolean;
  /** the large one of several */
  lead: boolean;
  hidden: boolean;
  /** a person put all pictures off */
  off: boolean;
  nowUs: number;
  onSelect: (camera: string) => void;
  onLook: (camera: string, look: Look | null) => void;
  onLooking: () => void;
  onSignedOut: () => void;
}

export function Tile(given: Properties) {
  const { number, live, camera, filming, window, next, other, hubAnswers, nowUs, onLook, onLooking, onSignedOut } = given;
  const { selected, lead, hidden, off, onSelect } = given;
  const { say, language } = useWords();
  const tile = useRef<HTMLElement>(null);
  const view = useSyncExternalStore(live.subscribe, live.current);
  const age = usePictureAge(live, tile);
  const unit = unitWord({
    link: view.link,
    lineSaysOffline: view.unitOffline,
    overviewSaysOnline: camera.unit_online,
    hubAnswers,
  });
  const state = tileState({
    link: view.link,
    windowOpen: window === "open" && !endedWithWindow(view.link, filming.until_us),
    unit,
    ageMs: age?.ageMs ?? null,
    frozen: view.frozen,
    off,
  });
  const pictured = showsPicture(state);

  useEffect(() => live.setUnitReachable(camera.unit_online), [live, camera.unit_online]);
  useEffect(() => live.setHubAnswers(hubAnswers), [live, hubAnswers]);
  useEffect(() => {
    live.onSignedOut = onSignedOut;
  }, [live, onSignedOut]);
  useEffect(() => () => live.leave(), [live]);
  const { phase } = view.link;
  const looks = phase === "joining" || phase === "open" || phase === "away"; // logged, and not over
  useEffect(() => setLooking(live, looks ? filming.deployment : null), [live, looks, filming.deployment]);
  useEffect(() => () => setLooking(live, null), [live]);
  // The last picture would lie where none may be shown: it goes, also from the canvas.
  useEffect(() => {
    if (!pictured && state !== "opening" && state !== "away") live.picture.wipe();
    if (state === "closed") live.windowEnded();
  }, [live, pictured, state]);
  // How many look has changed as soon as the line opens or ends.
  useEffect(() => {
    if (view.link.phase !== "asking" && view.link.phase !== "joining") onLooking();
  }, [view.link.phase, onLooking]);
  const { name, camera: id } = camera;
  const { logIndex, untilUs } = view;
  useEffect(() => {
    onLook(id, logIndex === null ? null : { name, logIndex, untilUs, leave: () => live.leave() });
  }, [id, name, live, onLook, logIndex, untilUs]);

  const watch = (): void => {
    tile.current?.focus({ preventScroll: true }); // the button is about to go, and the focus must not go with it
    void live.watch();
  };
  const words = tileWords({ state, view, camera, filming, window, next, other, hubAnswers, nowUs, say, language });
  return (
    <article
      ref={tile}
      tabIndex={-1}
      hidden={hidden}
      className="fz-tile fz-theme"
      data-scheme="dark"
      data-testid="tile"
      data-camera={id}
      data-state={state}
      data-log-index={logIndex ?? undefined}
      data-selected={selected}
      data-lead={lead}
      onFocus={() => onSelect(id)}
      onPointerDown={() => onSelect(id)}
    >
      <TileCaption number={number} name={name} state={state} recording={recordingNow(camera, hubAnswers, unit === "online")} />
      <div className="fz-tile__opening">
        <TilePicture
          name={name}
          shown={pictured}
          stale={state === "stale" && age ? { sinceUs: age.capturedAtUs, words: bandWords(view.link, hubAnswers, say, language) } : null}
          frozenUs={state === "frozen" && age ? age.capturedAtUs : null}
          sourceNote={camera.source_note}
          attach={live.picture.attach}
        />
        {words && (
          <TileMessage
            words={words}
            logIndex={view.link.phase === "stopped" ? logIndex : null}
            lost={state === "lost"}
            onWatch={watch}
          />
        )}
      </div>
      <TileFoot state={state} age={pictured ? age : null} note={footNote(view.link, say)} replay={replayPath(filming.deployment, id)} />
    </article>
  );
}
