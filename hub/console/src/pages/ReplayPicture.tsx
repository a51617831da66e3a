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
  outside: boolean;
  failure: Parameters<typeof showingWords>[0]["failure"];
  positionUs: number;
  nowUs: number;
  /** null where another picture has the button */
  onLook: (() => void) | null;
}

/** Tells the capture time of each frame as the browser shows it. */
function useShownFrame(screening: Screening, camera: string, logIndex: number | null, tell: (us: number | null) => void) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    const url = screening.urlOf(camera);
    if (!element || url === null || logIndex === null) return;
    let handle = 0;
    const shown = (_atMs: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      tell(screening.reelOf(camera)?.captureUs(mediaTime) ?? null);
      handle = element.requestVideoFrameCallback(shown);
    };
    element.muted = true;
    element.src = url;
    screening.attach(camera, element);
    handle = element.requestVideoFrameCallback(shown);
    return () => {
      element.cancelVideoFrameCallback(handle);
      screening.attach(camera, null);
      element.removeAttribute("src");
      element.load();
      tell(null);
    };
  }, [screening, camera, logIndex, tell]);
  return video;
}

export function ReplayPicture(given: Properties) {
  const { number, camera, screening, showing, look, outside, failure, positionUs, nowUs, onLook } = given;
  const { say, language } = useWords();
  const [shownUs, setShownUs] = useState<number | null>(null);
  const video = useShownFrame(screening, camera.camera, look?.logIndex ?? null, setShownUs);
  const words = showingWords({ showing, unit: camera.unit, outside, failure, nowUs, say, language });
  const pictured = words === null && shownUs !== null;
  return (
    <article
      className="fz-tile fz-theme fz-replay__picture"
      data-scheme="dark"
      data-testid="replay-picture"
      data-camera={camera.camera}
      data-showing={showing.kind}
      data-captured-us={pictured ? shownUs : undefined}
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
          {pictured && (
            <p className="fz-replay__time" data-testid="replay-time">
              <time>{instantTenths(shownUs, language)}</time>
            </p>
          )}
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
            {say("replay.logged")} <LogNumber index={look.logIndex} />
          </span>
        )}
        <span className="fz-tile__time">{camera.unit}</span>
      </footer>
    </article>
  );
}
