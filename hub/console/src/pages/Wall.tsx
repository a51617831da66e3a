// SPDX-License-Identifier: EUPL-1.2
// The tiles, above them by what right they film and until when, and beside them what is wrong and who looks.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { windowNow, type Standing } from "../hub/standing";
import type { Overview, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { fitting, following, grid, LAYOUTS, shown, type Layout } from "../live/layout";
import { WallViews } from "../live/wall-views";
import { useKeys } from "../parts/keys";
import { remember, remembered } from "../theme/remembered";
import { AlarmList } from "./AlarmsPanel";
import { Ended } from "./Ended";
import { FindCamera } from "./FindCamera";
import { LookersPanel } from "./LookersPanel";
import { LookPanel, type Look } from "./LookPanel";
import { openScreen } from "./screens-beside";
import { Tile } from "./Tile";
import { WallTools } from "./WallTools";
import { WindowBar } from "./WindowBar";
import { WindowDeeds } from "./WindowDeeds";
import "./wall.css";

interface Properties {
  session: Session;
  standing: readonly Standing[];
  overview: Overview;
  hubAnswers: boolean;
  nowUs: number;
  /** who looks, or what runs, has changed */
  onChange: () => void;
  onSignedOut: () => void;
}

function tileOf(camera: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-testid=tile][data-camera="${CSS.escape(camera)}"]`);
}

function rememberedLayout(): Layout | null {
  const known = remembered("layout");
  return LAYOUTS.find((one) => one === known) ?? null;
}

function useLooks(): [ReadonlyMap<string, Look>, (camera: string, look: Look | null) => void] {
  const [looks, setLooks] = useState<ReadonlyMap<string, Look>>(new Map());
  const onLook = useCallback((camera: string, look: Look | null) => {
    setLooks((before) => {
      const after = new Map(before);
      if (look) after.set(camera, look);
      else {
        // One's own stop ends the look; its number in the log stays.
        const last = before.get(camera);
        if (last) after.set(camera, { ...last, untilUs: null });
      }
      return after;
    });
  }, []);
  return [looks, onLook];
}

export function Wall({ session, standing, overview, hubAnswers, nowUs, onChange, onSignedOut }: Properties) {
  const { say } = useWords();
  const [views] = useState(() => new WallViews());
  const off = useSyncExternalStore(views.subscribe, views.off);
  const [looks, onLook] = useLooks();
  const [chosen, setChosen] = useState<Layout | null>(rememberedLayout);
  const [expanded, setExpanded] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [finding, setFinding] = useState(false);
  useEffect(() => () => views.leave(), [views]);

  const windows = standing.map((one) => ({ filming: one.filming, window: windowNow(one, nowUs) }));
  const tiles = windows.flatMap(({ filming, window }) => filming.cameras.map((camera) => ({ filming, window, camera })));
  const at = Math.max(0, tiles.findIndex(({ camera }) => camera.camera === selected));
  const layout = expanded ? "1" : (chosen ?? fitting(tiles.length));
  const visible = new Set(shown(layout, tiles.length, at));
  const { columns, rows } = grid(layout, visible.size);
  const open = tiles.filter(({ window }) => window === "open");
  const looking = [...looks.values()].some(({ untilUs }) => untilUs !== null);

  const select = (index: number): void => {
    const camera = tiles[index]?.camera.camera;
    if (camera === undefined) return;
    setSelected(camera);
    // Its tile may only now be shown; a reader hears what has the focus.
    window.requestAnimationFrame(() => tileOf(camera)?.focus({ preventScroll: true }));
  };
  const choose = (next: Layout | null): void => {
    setExpanded(false);
    setChosen(next);
    remember("layout", next);
  };
  const freeze = (): void => {
    const camera = tiles[at]?.camera.camera;
    if (camera === undefined) return;
    const live = views.of(camera);
    live.freeze(!live.current().frozen);
  };
  const lookBack = (): void => {
    const tile = selected === null ? null : tileOf(selected);
    if (tile) tile.querySelector<HTMLAnchorElement>("[data-testid=look-back]")?.click();
    else openScreen("/replay");
  };
  const toggleOff = (): void => (off ? views.bringBack() : views.putOff());
  const numbers = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [String(index + 1), () => select(index)]));
  useKeys({
    ...numbers,
    "0": () => choose(null),
    Enter: () => setExpanded((before) => !before),
    g: () => choose(following(layout, tiles.length)),
    " ": freeze,
    "/": () => setFinding(true),
    r: lookBack,
    "Shift+Escape": toggleOff,
  });

  const findable = useMemo(
    () => tiles.map(({ camera }, index) => ({ number: index + 1, name: camera.name, unit: camera.unit })),
    [tiles.map(({ camera }) => `${camera.camera} ${camera.name}`).join("\n")],
  );
  const over = windows.every(({ window }) => window !== "open");
  const listed = new Set(windows.map(({ filming }) => filming.deployment));
  return (
    <div className="fz-wall" data-scheme="dark" data-density="compact">
      <div className="fz-wall__windows">
        {windows.map(({ filming, window: state }, index) => (
          <WindowBar key={filming.deployment} filming={filming} window={state} nowUs={nowUs}>
            {state === "open" && (
              <WindowDeeds filming={filming} session={session} nowUs={nowUs} keyed={index === 0} onChange={onChange} onSignedOut={onSignedOut} />
            )}
          </WindowBar>
        ))}
      </div>
      <div className="fz-wall__room">
        <div className="fz-wall__stage">
          <div className="fz-wall__tiles" data-layout={layout} data-columns={columns} data-rows={rows} data-testid="tiles">
            {tiles.map(({ filming, window: state, camera }, index) => (
              <Tile
                key={`${filming.deployment} ${camera.camera}`}
                number={index + 1}
                live={views.of(camera.camera)}
                camera={camera}
                filming={filming}
                window={state}
                next={overview.next}
                other={open.find((one) => one.filming.deployment !== filming.deployment)?.filming ?? null}
                hubAnswers={hubAnswers}
                selected={camera.camera === selected}
                lead={layout === "1+5" && index === at}
                hidden={!visible.has(index)}
                off={off}
                nowUs={nowUs}
                onSelect={setSelected}
                onLook={onLook}
                onLooking={onChange}
                onSignedOut={onSignedOut}
              />
            ))}
          </div>
        </div>
        <aside className="fz-wall__beside">
          <WallTools
            layout={layout}
            tiles={tiles.length}
            hidden={tiles.length - visible.size}
            off={off}
            canPutOff={looking}
            onLayout={choose}
            onFind={() => setFinding(true)}
            onOff={toggleOff}
          />
          {(!over || looks.size > 0) && (
            <LookPanel
              looks={[...looks.values()]}
              openable={off ? [] : open.map(({ camera }) => camera.camera)}
              untilUs={Math.max(0, ...open.map(({ filming }) => filming.until_us))}
              nowUs={nowUs}
              onOpen={(cameras) => void views.open(cameras)}
            />
          )}
          {overview.alarms.length > 0 && (
            <section className="fz-card fz-panel fz-panel--flush" aria-label={say("wall.alarms")}>
              <div className="fz-panel__row">
                <h2 className="fz-panel__heading">{say("wall.alarms")}</h2>
                <span className="fz-panel__muted">{say("wall.alarmsOpen", { count: overview.alarms.length })}</span>
              </div>
              <AlarmList alarms={overview.alarms} nowUs={nowUs} />
            </section>
          )}
          {!over && <LookersPanel filming={windows.map(({ filming }) => filming)} nowUs={nowUs} />}
          <Ended recent={overview.recent.filter((one) => !listed.has(one.deployment))} nowUs={nowUs} />
        </aside>
      </div>
      {finding && (
        <FindCamera
          cameras={findable}
          onClose={() => setFinding(false)}
          onFound={(number) => {
            setFinding(false);
            select(number - 1);
          }}
        />
      )}
    </div>
  );
}
