// SPDX-License-Identifier: EUPL-1.2
// A deployment that films: its seal, its end, what each camera does by its unit's own word. No pictures.
import { anyRecording, filmingIn, type Recording } from "../hub/standing";
import type { Camera, Filming, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { WindowDeeds } from "../pages/WindowDeeds";
import { WALL } from "../pages/screens";
import { warningOf } from "../pages/warnings";
import { EndLine } from "../parts/EndLine";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Seal } from "../parts/Seal";
import { StateWord, type Tone } from "../parts/StateWord";
import { clockMinutes, moment, momentSeconds, timeLeft } from "../words/times";

interface Properties {
  filming: Filming;
  session: Session;
  hubAnswers: boolean;
  nowUs: number;
  onChange: () => void;
  onSignedOut: () => void;
}

type Doing = "filming" | "waiting" | "refused" | "failing" | "silent" | "unknown";

const tones: Record<Doing, Tone> = { filming: "live", waiting: "off", refused: "lost", failing: "lost", silent: "lost", unknown: "stale" };

/** By the unit's own word; of a hub that does not answer nothing is known. */
export function doingOf(camera: Camera, hubAnswers: boolean): Doing {
  if (!hubAnswers) return "unknown";
  if (!camera.unit_online) return "silent";
  return camera.doing ?? "unknown";
}

const regimes = { G151C: "overview.regime.G151C", PW3: "overview.regime.PW3", COUNT: "overview.regime.COUNT" } as const;

export function FilmsNow({ filming, session, hubAnswers, nowUs, onChange, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const { number, title, from_us: fromUs, until_us: untilUs, overrun } = filming;
  const until = moment(untilUs, nowUs, language);
  const regime = filming.regime in regimes ? say(regimes[filming.regime as keyof typeof regimes]) : filming.regime;
  const warning = warningOf(untilUs, nowUs);
  const films = filmingIn([filming]).length > 0;
  const watches = session.role === "operator" || session.role === "viewer";
  return (
    <article className="fz-films" data-testid="films" data-number={number} data-films={films} data-warning={warning ?? undefined}>
      <div className="fz-films__head">
        <Seal state={films ? "filming" : "shut"} size={32} />
        <div>
          <h3 className="fz-films__title">{title}</h3>
          <p className="fz-films__muted">{say("overview.about", { number, regime, serial: filming.serial })}</p>
        </div>
        <span className="fz-films__recording">
          <RecordingWord recording={anyRecording([filming], hubAnswers)} mode={filming.recording_mode} />
        </span>
      </div>
      <div className="fz-films__end">
        <p className="fz-films__muted">{say("overview.since", { time: moment(fromUs, nowUs, language) })}</p>
        <p className="fz-films__left">{timeLeft(untilUs, nowUs, say)}</p>
        <p>
          {say("overview.ends")} <strong>{until}</strong>
        </p>
      </div>
      <div className="fz-films__line">
        <EndLine fromUs={fromUs} untilUs={untilUs} nowUs={nowUs} last={warning !== null} overrunUs={overrun.last_us} />
        <p className="fz-films__ends" aria-hidden="true">
          <span>{clockMinutes(fromUs, language)}</span>
          <span>{overrun.last_us > untilUs ? say("wall.overrunUntil", { time: moment(overrun.last_us, nowUs, language) }) : until}</span>
        </p>
      </div>
      {filming.necessary_until_us !== null && filming.necessary_until_us < untilUs && (
        <p className="fz-films__demo">{say("overview.necessary", { time: moment(filming.necessary_until_us, nowUs, language) })}</p>
      )}
      <ol className="fz-films__cameras">
        {filming.cameras.map((camera, index) => (
          <CameraRow key={camera.camera} camera={camera} number={index + 1} doing={doingOf(camera, hubAnswers)} nowUs={nowUs} />
        ))}
      </ol>
      {filming.cameras.length === 0 && <p className="fz-films__demo">{say("overview.nothingPlaced")}</p>}
      {filming.approved_by.length > 0 && (
        <p className="fz-films__demo" data-testid="approved-by">
          {say("overview.approvedBy", { names: new Intl.ListFormat(language).format(filming.approved_by) })}
        </p>
      )}
      <div className="fz-films__deeds">
        <WindowDeeds filming={filming} session={session} nowUs={nowUs} keyed={false} calm onChange={onChange} onSignedOut={onSignedOut} />
        {watches && filming.cameras.length > 0 && (
          <Link href={WALL} className="fz-button fz-button--primary" data-testid="go-watch">
            {say("overview.watch")} <Icon name="arrow" />
          </Link>
        )}
      </div>
    </article>
  );
}

/** By the units' own word; what is not known is said as such, and what was signed is not denied where nothing films. */
function RecordingWord({ recording, mode }: { recording: Recording; mode: string }) {
  const { say } = useWords();
  if (recording === "yes") return <StateWord tone="recording" word={say("overview.recording")} />;
  if (recording === "unknown") return <StateWord tone="stale" icon="warning" word={say("header.recordingUnknown")} />;
  return <span className="fz-films__muted">{say(mode === "none" ? "overview.noRecording" : mode === "continuous" ? "overview.recordingToCome" : "overview.recordingOnReason")}</span>;
}

function CameraRow({ camera, number, doing, nowUs }: { camera: Camera; number: number; doing: Doing; nowUs: number }) {
  const { say, language } = useWords();
  const since = doing === "silent" && camera.since_us !== null ? say("overview.cameraSince", { time: momentSeconds(camera.since_us, nowUs, language) }) : camera.unit.toUpperCase();
  return (
    <li className="fz-films__camera" data-testid="films-camera" data-camera={camera.camera} data-doing={doing}>
      <span className="fz-films__number" aria-hidden="true">
        {number}
      </span>
      <strong className="fz-films__name">{camera.name}</strong>
      <span className={`fz-films__state fz-films__state--${tones[doing]}`}>
        <StateWord tone={tones[doing]} word={say(`overview.camera.${doing}`)} />
      </span>
      <span className="fz-films__muted fz-films__since">{since}</span>
    </li>
  );
}
