// SPDX-License-Identifier: EUPL-1.2
// The area and its entrances in numbers: how large it is, each corner and each entrance at its place, and the designated
// area to begin with.
import { useRef, useState } from "react";
import { useWords } from "../../i18n/language";
import { Button } from "../../parts/Button";
import { grouped } from "../../words/numbers";
import type { Desk } from "../desk";
import { wrongWith, Wrong } from "../fields";
import { areaM2, crossesItself, distanceM, inside, moved } from "../plane";
import { newEntry } from "../posts";
import type { Entry, Position } from "../types";
import { PlaceFigures } from "./PostPanel";

const LAID_OPEN = 3;
const NEAR_M = 12; // an entrance of the town stands at the border, not always within it

function start(desk: Desk): Position[] {
  const around = desk.town.masts[0]?.position;
  if (around === undefined) return [];
  return ([[-20, -20], [20, -20], [20, 20], [-20, 20]] as const).map(([east, north]) => moved(around, east, north));
}

export function AreaPanel({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const area = desk.body.area ?? [];
  const entries = desk.body.entries ?? [];
  const designation = desk.known.designations.find((one) => one.id === desk.body.designation) ?? null;
  const crossed = area.length >= 4 && crossesItself(area);
  const wrong = crossed ? say("planning.area.crosses") : (wrongWith(desk.findings, "area") ?? wrongWith(desk.findings, "entries"));
  const near = desk.town.entrances.filter(
    (one) => area.length >= 3 && (inside(one.position, area) || area.some((corner) => distanceM(corner, one.position) < NEAR_M)),
  );
  const missing = near.filter((one) => !entries.some((entry) => distanceM(entry.position, one.position) < 1));
  const panel = useRef<HTMLDivElement>(null);
  // The button that was pressed goes away with what it did: the focus stays here.
  const here = (edit: () => void) => (): void => {
    panel.current?.focus();
    edit();
  };
  const take = here(() => {
    let all: Entry[] = [...entries];
    for (const one of missing) all = [...all, newEntry(one.name, one.position, all)];
    desk.edit({ entries: all }, "town entries");
  });
  return (
    <div className="fz-area-panel" tabIndex={-1} ref={panel} data-testid="area-panel">
      <div className="fz-area-panel__lead">
        <p>
          <strong>{area.length < 3 ? say("planning.area.none") : say("planning.area.size", { m2: grouped(Math.round(areaM2(area))) })}</strong>{" "}
          {entries.length > 0 && say("planning.area.entries", { count: entries.length })}
        </p>
        {!desk.locked && (
          <div className="fz-area-panel__deeds">
            {designation !== null && (
              <Button kind="secondary" data-testid="take-designated" onClick={() => desk.edit({ area: designation.area }, "designated area")}>
                {say("planning.area.takeDesignated")}
              </Button>
            )}
            {designation === null && area.length === 0 && desk.town.masts.length > 0 && (
              <Button kind="secondary" data-testid="start-area" onClick={here(() => desk.edit({ area: start(desk) }, "start area"))}>
                {say("planning.area.start")}
              </Button>
            )}
            {missing.length > 0 && (
              <Button kind="secondary" data-testid="take-entries" onClick={take}>
                {say("planning.area.takeEntries", { count: missing.length })}
              </Button>
            )}
            {area.length > 0 && (
              <Button kind="secondary" data-testid="clear-area" onClick={here(() => desk.edit({ area: [] }, "clear area"))}>
                {say("planning.area.clear")}
              </Button>
            )}
          </div>
        )}
      </div>
      {wrong !== null && <Wrong says={wrong} />}
      {area.length > 0 && (
        <details className="fz-table">
          <summary className="fz-table__summary">{say("planning.area.corners", { count: area.length })}</summary>
          <div className="fz-table__rows">
            {area.map((corner, n) => (
              <div key={n} className="fz-table__row" role="group" aria-label={say("planning.area.corner", { n: n + 1 })}>
                <span className="fz-table__number">{n + 1}</span>
                <PlaceFigures
                  at={corner}
                  prefix={`corner-${n + 1}`}
                  locked={desk.locked}
                  onPlace={(to) => desk.edit({ area: area.map((one, m) => (m === n ? to : one)) }, `corner ${n}`)}
                />
              </div>
            ))}
          </div>
        </details>
      )}
      {entries.length > 0 && <Entries desk={desk} entries={entries} here={here} />}
    </div>
  );
}

function Entries({ desk, entries, here }: { desk: Desk; entries: readonly Entry[]; here: (edit: () => void) => () => void }) {
  const { say } = useWords();
  // A few lie open; many, taken over from the map, would push the map itself and the pointer's place away.
  const [opened] = useState(entries.length <= LAID_OPEN);
  const put = (n: number, part: Partial<Entry>): void =>
    desk.edit({ entries: entries.map((one, m) => (m === n ? { ...one, ...part } : one)) }, `entry ${n}`);
  return (
    <details className="fz-table" open={opened}>
      <summary className="fz-table__summary">{say("planning.area.entryList")}</summary>
      <div className="fz-table__rows">
        {entries.map((entry, n) => (
          <div key={entry.entry} className="fz-table__row" role="group" aria-label={entry.name}>
            <span className="fz-table__number">{n + 1}</span>
            <label className="fz-figure fz-figure--compact">
              <span className="fz-figure__label">{say("planning.area.entryName")}</span>
              <input
                className="fz-figure__input fz-post-panel__called"
                value={entry.name}
                maxLength={100}
                disabled={desk.locked}
                data-testid={`entry-name-${n + 1}`}
                onChange={(event) => put(n, { name: event.target.value })}
              />
            </label>
            <PlaceFigures at={entry.position} prefix={`entry-${n + 1}`} locked={desk.locked} onPlace={(position) => put(n, { position })} />
            {!desk.locked && (
              <Button kind="secondary" onClick={here(() => desk.edit({ entries: entries.filter((_, m) => m !== n) }, "remove entry"))}>
                {say("planning.area.removeEntry", { name: entry.name })}
              </Button>
            )}
          </div>
        ))}
      </div>
    </details>
  );
}
