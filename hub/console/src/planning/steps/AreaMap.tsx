// SPDX-License-Identifier: EUPL-1.2
// The area on the map: corners that are dragged or moved by keys, a press beside the border for a new one, and the
// entrances, where a sign will stand.
import { useState, type KeyboardEvent } from "react";
import { useWords } from "../../i18n/language";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Key } from "../../parts/Key";
import type { Desk } from "../desk";
import { GripMark } from "../map/Marks";
import { PlanMap } from "../map/PlanMap";
import { middle, moved } from "../plane";
import { deedOf, newEntry } from "../posts";
import type { Position } from "../types";

const CORNERS_MOST = 64;

type Placing = "corner" | "entry" | null;

/** A key that moves a place: where to; null for any other key. */
export function steered(event: KeyboardEvent<HTMLElement>, at: Position): Position | null {
  const deed = deedOf(event);
  return deed?.kind === "move" ? moved(at, deed.east, deed.north) : null;
}

function without<T>(all: readonly T[], n: number): T[] {
  return all.filter((_, m) => m !== n);
}

export function AreaMap({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const [placing, setPlacing] = useState<Placing>(null);
  const area = desk.body.area ?? [];
  const entries = desk.body.entries ?? [];
  const { locked } = desk;
  const corner = (n: number, to: Position): void => desk.edit({ area: area.map((one, m) => (m === n ? to : one)) }, `corner ${n}`);
  const entry = (n: number, position: Position): void =>
    desk.edit({ entries: entries.map((one, m) => (m === n ? { ...one, position } : one)) }, `entry ${n}`);
  const pressed = (place: Position): void => {
    if (placing === "corner" && area.length < CORNERS_MOST) desk.edit({ area: [...area, place] }, `corner ${area.length}`);
    if (placing === "entry") {
      desk.edit({ entries: [...entries, newEntry(say("planning.area.entryNamed", { n: entries.length + 1 }), place, entries)] }, "add entry");
      setPlacing(null);
    }
  };
  const keyed = (event: KeyboardEvent<HTMLElement>): boolean => {
    if (event.key !== "Escape" || placing === null) return false;
    setPlacing(null);
    return true;
  };
  return (
    <PlanMap
      desk={desk}
      closed={placing !== "corner"}
      placing={placing !== null}
      onPress={placing === null ? undefined : pressed}
      onKey={keyed}
      legend={null}
      tools={
        !locked && (
          <>
            <Button
              kind="secondary"
              className="fz-map__tool"
              aria-pressed={placing === "corner"}
              data-testid="draw-area"
              onClick={() => setPlacing(placing === "corner" ? null : "corner")}
            >
              {placing === "corner" ? say("planning.area.drawn") : say("planning.area.draw")}
            </Button>
            <Button
              kind="secondary"
              className="fz-map__tool"
              aria-pressed={placing === "entry"}
              data-testid="add-entry"
              onClick={() => setPlacing(placing === "entry" ? null : "entry")}
            >
              {say("planning.area.addEntry")}
            </Button>
            {placing !== null && (
              <p className="fz-map__hint" role="status">
                {placing === "corner" ? say("planning.area.drawing") : say("planning.area.placingEntry")} <Key letter="Esc" />
              </p>
            )}
          </>
        )
      }
    >
      {!locked &&
        area.length >= 3 &&
        area.length < CORNERS_MOST &&
        placing === null &&
        area.map((one, n) => {
          const next = area[(n + 1) % area.length] as Position;
          const between = middle([one, next]) as Position;
          return (
            <GripMark
              key={`between ${n}`}
              at={between}
              className="fz-mark--between"
              label={say("planning.area.insert", { n: n + 1 })}
              testid="corner-between"
              locked={false}
              onPress={() => desk.edit({ area: [...area.slice(0, n + 1), between, ...area.slice(n + 1)] }, "insert corner")}
            />
          );
        })}
      {area.map((one, n) => (
        <GripMark
          key={n}
          at={one}
          className="fz-mark--corner"
          label={say("planning.area.corner", { n: n + 1 })}
          testid={`corner-${n + 1}`}
          locked={locked}
          onDrag={(to) => corner(n, to)}
          onKey={(event) => {
            if (locked) return;
            const to = steered(event, one);
            if (to !== null) corner(n, to);
            else if (event.key === "Delete" && area.length > 3) desk.edit({ area: without(area, n) }, "remove corner");
            else return;
            event.preventDefault();
          }}
        />
      ))}
      {entries.map((one, n) => (
        <GripMark
          key={one.entry}
          at={one.position}
          className="fz-mark--entry"
          label={say("planning.area.entry", { name: one.name })}
          testid={`entry-${n + 1}`}
          locked={locked}
          onDrag={(to) => entry(n, to)}
          onKey={(event) => {
            if (locked) return;
            const to = steered(event, one.position);
            if (to !== null) entry(n, to);
            else if (event.key === "Delete") desk.edit({ entries: without(entries, n) }, "remove entry");
            else return;
            event.preventDefault();
          }}
        >
          <span className="fz-mark__entry">
            <Icon name="entry" size={12} />
          </span>
        </GripMark>
      ))}
    </PlanMap>
  );
}
