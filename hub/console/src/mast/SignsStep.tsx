// SPDX-License-Identifier: EUPL-1.2
// A photo of the sign at each way in, one at a time. It is made smaller here, kept here, and sent when there is a line.
import type { Position } from "../hub/types";
import { useEffect, useRef, useState, type ChangeEvent } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { apartM } from "./aim";
import type { Entrance } from "./api";
import type { StepProperties } from "./MastScreen";
import { Foot, Question } from "./parts";
import { NotAPictureError, smaller } from "./photo";
import type { Photos } from "./photos";
import { whereAmI } from "./phone";

const NEAR_M = 30;

interface Properties extends StepProperties {
  entrances: readonly Entrance[] | null;
  photos: Photos;
}

export function SignsStep(step: Properties) {
  const { say } = useWords();
  const { job, onJob, entrances, photos } = step;
  if (entrances === null) {
    return (
      <Question title={say("mast.signs.title")}>
        <p>{say("mast.loading")}</p>
      </Question>
    );
  }
  const waits = new Set(photos.waiting.filter((one) => one.deployment === job.deployment && one.refused === null).map((one) => one.entry));
  const next = entrances.findIndex((one) => one.signs.length === 0 && !waits.has(one.entry));
  const lacking = entrances[next];
  return (
    <>
      {lacking ? (
        <TakePhoto key={lacking.entry} {...step} entrance={lacking} nth={next + 1} of={entrances.length}>
          <Refused photos={photos} />
        </TakePhoto>
      ) : (
        <>
          <Question title={say("mast.signs.done")} lead={entrances.length === 0 ? say("mast.signs.none") : say("mast.signs.doneLead", { count: entrances.length })}>
            <Refused photos={photos} />
            {waits.size > 0 && <p className="fz-mast__status">{say("mast.signs.doneWaits")}</p>}
            <ul className="fz-mast__list" aria-label={say("mast.signs.list")}>
              {entrances.map((one) => (
                <li key={one.entry} data-testid={`mast-sign-${one.entry}`} data-state={one.signs.length > 0 ? "has" : "waits"}>
                  <Icon name={one.signs.length > 0 ? "tick" : "clock"} size={20} />
                  <span>
                    <strong>{one.name}</strong>
                    <span className="fz-mast__small">{say(one.signs.length > 0 ? "mast.signs.has" : "mast.signs.waits")}</span>
                  </span>
                </li>
              ))}
            </ul>
          </Question>
          <Foot>
            <Button kind="primary" onClick={() => onJob({ step: "test" })} data-testid="mast-to-test">
              {say("mast.signs.on")}
            </Button>
          </Foot>
        </>
      )}
    </>
  );
}

function Refused({ photos }: { photos: Photos }) {
  const { say } = useWords();
  const refused = photos.waiting.find((one) => one.refused !== null);
  if (!refused) return null;
  return (
    <div>
      <Notice tone="lost" testid="mast-photo-refused" title={say("mast.failed")} hint={say("mast.signs.refused", { reason: refused.refused ?? "" })} />
      <Button kind="quiet" onClick={() => void photos.drop(refused.id)}>
        {say("mast.signs.drop")}
      </Button>
    </div>
  );
}

interface Taken {
  picture: Blob;
  url: string;
  atUs: number;
  place: Position | null;
}

interface TakeProperties extends Properties {
  entrance: Entrance;
  nth: number;
  of: number;
  children: React.ReactNode;
}

function TakePhoto({ job, photos, nowUs, entrance, nth, of, children }: TakeProperties) {
  const { say } = useWords();
  const [taken, setTaken] = useState<Taken | null>(null);
  const [wrong, setWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const url = taken?.url ?? null;
  useEffect(() => () => void (url !== null && URL.revokeObjectURL(url)), [url]);

  async function chosen(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    setWrong(false);
    try {
      const picture = await smaller(file);
      setTaken({ picture, url: URL.createObjectURL(picture), atUs: nowUs, place: null });
      const place = await whereAmI();
      setTaken((before) => (before?.picture === picture ? { ...before, place } : before));
    } catch (failure) {
      if (!(failure instanceof NotAPictureError)) throw failure;
      setWrong(true);
    }
  }

  function use(): void {
    if (taken === null || job.deployment === null) return;
    void photos.add({ deployment: job.deployment, entry: entrance.entry, takenUs: taken.atUs, position: taken.place, picture: taken.picture });
    setTaken(null);
  }

  const { name } = entrance;
  const metres = taken?.place ? Math.round(apartM(taken.place, entrance.position)) : null;
  return (
    <>
      <Question title={say("mast.signs.title")} lead={say("mast.signs.which", { name, nth, of })}>
        <input
          ref={input}
          type="file"
          accept="image/*"
          capture="environment"
          hidden
          aria-label={say("mast.signs.takeLabel", { name })}
          onChange={(event) => void chosen(event)}
          data-testid="mast-photo"
        />
        {wrong && <Notice tone="lost" testid="mast-photo-wrong" title={say("mast.failed")} hint={say("mast.signs.wrong")} />}
        {taken !== null && <img className="fz-mast__photo" src={taken.url} alt={say("mast.signs.preview", { name })} data-testid="mast-photo-preview" />}
        {metres !== null && (
          <p className="fz-mast__tick" data-near={metres <= NEAR_M}>
            <Icon name={metres <= NEAR_M ? "tick" : "warning"} size={20} />
            {say(metres <= NEAR_M ? "mast.signs.near" : "mast.signs.far", { metres })}
          </p>
        )}
        {children}
      </Question>
      <Foot>
        {taken === null ? (
          <Button kind="primary" onClick={() => input.current?.click()} data-testid="mast-take-photo">
            {say("mast.signs.take")}
          </Button>
        ) : (
          <div className="fz-mast__two">
            <Button kind="secondary" onClick={() => input.current?.click()} data-testid="mast-photo-again">
              {say("mast.signs.again")}
            </Button>
            <Button kind="primary" onClick={use} data-testid="mast-use-photo">
              {say("mast.signs.use")}
            </Button>
          </div>
        )}
      </Foot>
    </>
  );
}
