// SPDX-License-Identifier: EUPL-1.2
// Beside the pictures: this look's numbers in the log, when what stands here is forgotten, the selection, the gaps, and
// whatever does not match its signature.
import { memo, useState } from "react";
import type { CameraFootage } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { LogNumber } from "../parts/Link";
import type { BrokenAt } from "../replay/reel";
import type { Screened } from "../replay/screening";
import { gaps, spanAt, type Stretch } from "../replay/spans";
import { clockSeconds, instant, lengthWords, moment, momentSeconds } from "../words/times";
import { flawWords, reasonWords } from "./replay-words";
import "./panel.css";

const GAPS_SHOWN = 6;

interface Properties {
  cameras: readonly CameraFootage[];
  names: ReadonlyMap<string, string>;
  screened: Screened;
  selection: Stretch | null;
  broken: readonly BrokenAt[];
  nowUs: number;
  onLookSelection: () => void;
  onClear: () => void;
  onLeave: () => void;
  onGap: (us: number) => void;
}

export function ReplayPanels(given: Properties) {
  const { say, language } = useWords();
  const { broken } = given;
  return (
    <aside className="fz-replay__beside">
      <LookedAt {...given} />
      {broken.length > 0 && (
        <section className="fz-card fz-panel fz-replay__broken" role="alert" data-testid="replay-broken">
          <h2 className="fz-panel__heading">
            <Icon name="warning" size={18} />
            {say("replay.brokens")}
          </h2>
          {broken.map((one) => (
            <p key={`${one.segment} ${one.index}`}>{flawWords(one, say, language)}</p>
          ))}
        </section>
      )}
      <Selection {...given} />
      <Gaps cameras={given.cameras} names={given.names} nowUs={given.nowUs} onGap={given.onGap} />
    </aside>
  );
}

function LookedAt({ cameras, names, screened, nowUs, onLeave }: Properties) {
  const { say, language } = useWords();
  const { looks, part, shown, positionUs } = screened;
  const open = Object.entries(looks);
  const until = open.map(([, look]) => look.untilUs);
  const due = cameras.find((one) => one.camera === shown[0])?.spans;
  const dueUs = due ? spanAt(due, positionUs)?.due_us : undefined;
  return (
    <section className="fz-card fz-panel" data-testid="replay-looks">
      <h2 className="fz-panel__heading">
        <Icon name="eye" size={18} />
        {open.length === 0 ? say("replay.closedTitle") : part ? say("replay.logged") : say("replay.loggedBefore")}
      </h2>
      {open.length === 0 && <p>{say("replay.closedBody")}</p>}
      {open.map(([camera, look]) => (
        <p className="fz-panel__look" key={camera}>
          <span>{names.get(camera) ?? camera}</span> <LogNumber index={look.logIndex} />
        </p>
      ))}
      {part && (
        <p className="fz-panel__muted" data-testid="replay-opened" data-from-us={part.fromUs} data-to-us={part.toUs}>
          {say("replay.opened", {
            from: clockSeconds(part.fromUs, language),
            to: clockSeconds(part.toUs, language),
            until: moment(Math.min(...until), nowUs, language),
          })}
        </p>
      )}
      {dueUs !== undefined && (
        <p className="fz-panel__muted" data-testid="replay-due">
          {say("replay.forgotten", { time: moment(dueUs, nowUs, language) })}
        </p>
      )}
      {part && (
        <div data-density="compact">
          <Button kind="secondary" onClick={onLeave} data-testid="replay-stop">
            {say("replay.stop")}
          </Button>
        </div>
      )}
    </section>
  );
}

function Selection({ names, screened, selection, onLookSelection, onClear }: Properties) {
  const { say, language } = useWords();
  const [copied, setCopied] = useState<Stretch | null>(null);
  const cameras = screened.shown.map((camera) => names.get(camera) ?? camera).join(", ");
  if (selection === null) {
    return (
      <section className="fz-card fz-panel" data-testid="selection">
        <h2 className="fz-panel__heading">{say("replay.selection")}</h2>
        <p className="fz-panel__muted">
          <span className="fz-by-keys">{say("replay.selectionNone")}</span>
          <span className="fz-by-touch">{say("replay.selectionNoneTouch")}</span>
        </p>
      </section>
    );
  }
  const range = say("replay.selectionRange", { from: instant(selection.fromUs, language), to: clockSeconds(selection.toUs, language) });
  const copy = (): void => {
    const [from, to] = [selection.fromUs, selection.toUs].map((us) => new Date(us / 1000).toISOString());
    // A browser that lets nobody at the clipboard leaves the words, which can be selected.
    navigator.clipboard.writeText(`${cameras}: ${range} (${from} / ${to})`).then(
      () => setCopied(selection),
      () => setCopied(null),
    );
  };
  return (
    <section className="fz-card fz-panel" data-testid="selection" data-from-us={selection.fromUs} data-to-us={selection.toUs}>
      <h2 className="fz-panel__heading">{say("replay.selection")}</h2>
      <p className="fz-replay__length">{lengthWords(selection.toUs - selection.fromUs, say)}</p>
      <p className="fz-panel__muted">{range}</p>
      <p className="fz-panel__muted">{say("replay.selectionCameras", { names: cameras })}</p>
      <div className="fz-replay__buttons" data-density="compact">
        <Button kind="secondary" onClick={onLookSelection} data-testid="look-selection">
          {say("replay.lookSelection")}
        </Button>
        <Button kind="quiet" onClick={copy} data-testid="copy-selection">
          {copied === selection ? say("replay.copied") : say("replay.copy")}
        </Button>
        <Button kind="quiet" onClick={onClear}>
          {say("replay.clear")}
        </Button>
      </div>
    </section>
  );
}

/** Not drawn anew with each picture: a long window has thousands of stretches. */
const Gaps = memo(function Gaps({ cameras, names, nowUs, onGap }: Pick<Properties, "cameras" | "names" | "nowUs" | "onGap">) {
  const { say, language } = useWords();
  const found = gaps(cameras);
  const newest = found.slice(-GAPS_SHOWN).reverse();
  const unitOf = (camera: string): string => cameras.find((one) => one.camera === camera)?.unit ?? "";
  return (
    <section className="fz-card fz-panel" data-testid="gaps">
      <h2 className="fz-panel__heading">{say("replay.gaps")}</h2>
      {found.length === 0 && <p className="fz-panel__muted">{say("replay.gapsNone")}</p>}
      {newest.map((gap) => {
        const camera = names.get(gap.camera) ?? gap.camera;
        const time = clockSeconds(gap.fromUs, language);
        return (
          <div key={`${gap.camera} ${gap.fromUs}`}>
            <button
              type="button"
              className="fz-link fz-replay__gap"
              title={say("replay.gapGo", { camera, time })}
              onClick={() => onGap(gap.fromUs)}
              data-testid="gap"
              data-reason={gap.reason}
            >
              {camera} {say("replay.selectionRange", { from: time, to: momentSeconds(gap.toUs, nowUs, language) })}
            </button>
            <p className="fz-panel__muted">
              {reasonWords(gap.reason, say)} · {unitOf(gap.camera)}
            </p>
          </div>
        );
      })}
      {found.length > newest.length && <p className="fz-panel__muted">{say("replay.gapsMore", { count: found.length - newest.length })}</p>}
    </section>
  );
});
