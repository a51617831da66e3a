// SPDX-License-Identifier: EUPL-1.2
// One camera looked back at. That it is not now is said above the picture and on it; the time on the picture is the
// capture time of the very frame that stands there.
import { useEffect, useRef, useState } from "react";
import type { Camera } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Key } from "../parts/Key";
import { LogNumber } from "../parts/Link";
import { StateWord } from "../parts/StateWord";
import type { Look, Screening, Showing } from "../replay/screening";
import { instantTenths, lengthWords } from "../words/times";
import { showingWords } from "./replay-words";
import { sourceWords } from "./TilePicture";
import "./tile.css";
import "./replay.css";

interface Properties {
  number: number;
  camera: Pick<Camera, "camera" | "name" | "unit" | "source_note">;
  screening: Screening;
  showing: Showing;
  look: Look | null;
  /** a look opens this moment */
  open: boolean;
  /** one opens another moment */
  anyOpen: boolean;
  failure: Parameters<typeof showingWords>[0]["failure"];
  positionUs: number;
  nowUs: number;
  /** null where another picture has the button */
  onLook: (() => void) | null;
}

/**
 * Writes the capture time of each frame beside it in the moment in which the browser shows it: a word that came by the
 * page's own pace would stand beside the next frame. Gives whether any frame stands.
 */
function useShownFrame(screening: Screening, camera: string, logIndex: number | null) {
  const { language } = useWords();
  const tile = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const time = useRef<HTMLTimeElement>(null);
  const [any, setAny] = useState(false);
  const spoken = useRef(language);
  spoken.current = language;
  useEffect(() => {
    const element = video.current;
    const url = screening.urlOf(camera);
    if (!element || url === null || logIndex === null) return;
    let handle = 0;
    const tell = (mediaS: number): void => {
      const us = screening.reelOf(camera)?.captureUs(mediaS);
      if (us === undefined || !tile.current || !time.current) return;
      tile.current.dataset["capturedUs"] = String(us);
      time.current.textContent = instantTenths(us, spoken.current);
      setAny(true);
    };
    const shown = (_atMs: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      handle = element.requestVideoFrameCallback(shown);
      tell(mediaTime);
    };
    // A frame that was stepped to is not always called back; once the seek is done, it is the one that stands.
    const stepped = (): void => {
      if (element.paused) tell(element.currentTime);
    };
    // On its way to another moment no picture has a time: the next one may stand there before its time is told.
    const leaving = (): void => {
      if (tile.current) delete tile.current.dataset["capturedUs"];
    };
    element.addEventListener("seeking", leaving);
    element.addEventListener("seeked", stepped);
    element.muted = true;
    element.src = url;
    screening.attach(camera, element);
    handle = element.requestVideoFrameCallback(shown);
    return () => {
      element.removeEventListener("seeking", leaving);
      element.removeEventListener("seeked", stepped);
      element.cancelVideoFrameCallback(handle);
      screening.attach(camera, null);
      element.removeAttribute("src");
      element.load();
      if (tile.current) delete tile.current.dataset["capturedUs"];
      setAny(false);
    };
  }, [screening, camera, logIndex]);
  return { tile, video, time, any };
}

export function ReplayPicture(given: Properties) {
  const { number, camera, screening, showing, look, open, anyOpen, failure, positionUs, nowUs, onLook } = given;
  const { say, language } = useWords();
  const { tile, video, time, any } = useShownFrame(screening, camera.camera, look?.logIndex ?? null);
  const words = showingWords({ showing, unit: camera.unit, open, anyOpen, failure, nowUs, say, language });
  const pictured = words === null && any;
  return (
    <article
      ref={tile}
      className="fz-tile fz-theme fz-replay__picture"
      data-scheme="dark"
      data-testid="replay-picture"
      data-camera={camera.camera}
      data-showing={showing.kind}
      data-log-index={look?.logIndex}
    >
      <header className="fz-tile__caption">
        <span className="fz-tile__number">{number}</span>
        <h2 className="fz-tile__name">{camera.name}</h2>
        <span className="fz-replay__ago fz-phrase">{say("replay.ago", { age: lengthWords(Math.max(0, nowUs - positionUs), say) })}</span>
        <span title={say("replay.bannerHint")} data-testid="replay-banner">
          <StateWord tone="stale" word={say("replay.banner")} />
        </span>
      </header>
      <div className="fz-tile__opening">
        <div className={words === null ? "fz-picture" : "fz-picture fz-picture--none"}>
          <video
            ref={video}
            className="fz-picture__canvas"
            playsInline
            disablePictureInPicture
            disableRemotePlayback
            aria-label={say("replay.video", { name: camera.name })}
            data-testid="replay-video"
          />
          <p className={pictured ? "fz-replay__time" : "fz-replay__time fz-replay__time--none"} data-testid="replay-time">
            <time ref={time} />
          </p>
          {pictured && camera.source_note && (
            <p className="fz-picture__source">{say("tile.source", { note: sourceWords(camera.source_note, say) })}</p>
          )}
        </div>
        {words && (
          <div className={showing.kind === "broken" ? "fz-message fz-message--lost" : "fz-message"} data-testid="replay-message">
            <p className="fz-message__title">{words.title}</p>
            {words.body && <p className="fz-message__body">{words.body}</p>}
            {words.look && onLook && (
              <Button kind="primary" onClick={onLook} data-testid="replay-look">
                {say("replay.look")}
                <Key letter="Enter" />
              </Button>
            )}
          </div>
        )}
      </div>
      <footer className="fz-tile__foot">
        {look && (
          <span className="fz-replay__logged">
            {showing.kind === "over" ? say("replay.loggedBefore") : say("replay.logged")} <LogNumber index={look.logIndex} />
          </span>
        )}
        <span className="fz-tile__time">{camera.unit}</span>
      </footer>
    </article>
  );
}
