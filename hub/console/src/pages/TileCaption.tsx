// SPDX-License-Identifier: EUPL-1.2
// The top of a tile: number, name, whether it records, and its state in one word.
import type { Recording } from "../hub/standing";
import { useWords } from "../i18n/language";
import type { TileState } from "../live/tile-state";
import { Icon, type IconName } from "../parts/Icon";
import { StateWord, type Tone } from "../parts/StateWord";

interface Properties {
  number: number;
  name: string;
  state: TileState;
  recording: Recording;
}

const looks: Record<TileState, { tone: Tone; icon?: IconName }> = {
  idle: { tone: "off" },
  opening: { tone: "off" },
  live: { tone: "live" },
  slow: { tone: "slow" },
  stale: { tone: "stale" },
  frozen: { tone: "stale", icon: "held" },
  away: { tone: "stale", icon: "warning" },
  lost: { tone: "lost" },
  closed: { tone: "off", icon: "shut" },
  ended: { tone: "off", icon: "shut" },
  off: { tone: "off", icon: "dark" },
};

export function TileCaption({ number, name, state, recording }: Properties) {
  const { say } = useWords();
  return (
    <header className="fz-tile__caption">
      <span className="fz-tile__number">{number}</span>
      <h2 className="fz-tile__name">{name}</h2>
      {state !== "closed" && <RecordingMark recording={recording} />}
      <span className="fz-tile__state" role="status" data-testid="tile-state">
        <span className="fz-unseen">{name}: </span>
        <StateWord {...looks[state]} word={say(`tile.${state}`)} />
      </span>
    </header>
  );
}

/** The ring is for what is known to run; that it is unknown is said in words. */
function RecordingMark({ recording }: { recording: Recording }) {
  const { say } = useWords();
  if (recording === "yes") {
    return (
      <span className="fz-tile__recording" title={say("tile.recording")} data-testid="tile-recording" data-recording="yes">
        <Icon name="ring" />
        <span className="fz-unseen">{say("tile.recording")}</span>
      </span>
    );
  }
  return (
    <span className="fz-tile__not-recording" data-testid="tile-recording" data-recording={recording}>
      {recording === "unknown" ? say("tile.recordingUnknown") : say("tile.notRecording")}
    </span>
  );
}
