// SPDX-License-Identifier: EUPL-1.2
// The map of a plan: the ground, the plan drawn over it, and its posts, corners and entrances as marks that the mouse,
// a finger and the keyboard move alike. Without WebGL the ground is our own drawing; all else is the same.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useWords } from "../../i18n/language";
import { useScheme } from "../../theme/scheme";
import type { Desk } from "../desk";
import { inside, middle, Plane } from "../plane";
import { deedOf } from "../posts";
import { sightOf } from "../sight";
import type { Position } from "../types";
import { inksOf } from "./inks";
import { Labels } from "./Labels";
import { OnSurface } from "./Marks";
import { paint, type Scene } from "./paint";
import { plainSurface } from "./plain-surface";
import { styleOf } from "./style";
import type { Surface } from "./surface";
import "./map.css";

const NEAR_M = 250; // what stands further from the area is in nobody's way
const NOWHERE: Position = { lat_e7: 520_900_000, lon_e7: 51_200_000 }; // the middle of the country

interface Properties {
  desk: Desk;
  closed: boolean;
  /** the marks of this step */
  children: ReactNode;
  tools: ReactNode;
  legend: ReactNode;
  /** a click on the ground */
  onPress?: ((place: Position) => void) | undefined;
  /** a key that is no pan and no zoom */
  onKey?: (event: KeyboardEvent<HTMLElement>) => boolean;
  /** the cursor says that a click places something */
  placing: boolean;
}

function hasWebGl(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

function useSurface(host: React.RefObject<HTMLDivElement | null>, desk: Desk, start: readonly Position[]): { surface: Surface | null; plain: boolean } {
  const scheme = useScheme();
  const [state, setState] = useState<{ surface: Surface | null; plain: boolean }>({ surface: null, plain: false });
  const dark = useRef(scheme === "dark");
  dark.current = scheme === "dark";
  const { town } = desk;
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let gone = false;
    let made: Surface | null = null;
    const at = middle(start) ?? NOWHERE;
    const ready = (surface: Surface, plain: boolean): void => {
      made = surface;
      if (gone) return surface.remove();
      surface.fit(start);
      setState({ surface, plain });
    };
    const drawn = (): void => ready(plainSurface(element, town.features, at), true);
    if (hasWebGl()) {
      import("./gl-surface").then(
        ({ glSurface }) => {
          if (gone) return;
          try {
            ready(glSurface(element, () => styleOf(town, inksOf(element), dark.current), at), false);
          } catch (failure) {
            console.warn("no map by WebGL after all", failure);
            element.replaceChildren();
            drawn();
          }
        },
        (failure: unknown) => {
          console.warn("the map could not be loaded", failure);
          if (!gone) drawn();
        },
      );
    } else drawn();
    return () => {
      gone = true;
      made?.remove();
      setState({ surface: null, plain: false });
    };
    // The map is made once: what it shows later is painted over it.
  }, [host, town]);
  const coloured = useRef(scheme);
  useEffect(() => {
    if (coloured.current !== scheme) state.surface?.recolour();
    coloured.current = scheme;
  }, [state.surface, scheme]);
  return state;
}

function useScene(desk: Desk, closed: boolean): Scene {
  const { body, town, ceiling, selected } = desk;
  const area = useMemo(() => body.area ?? [], [body.area]);
  const posts = useMemo(() => body.posts ?? [], [body.posts]);
  const { lat_e7, lon_e7 } = area[0] ?? posts[0]?.position ?? NOWHERE;
  const plane = useMemo(() => new Plane({ lat_e7, lon_e7 }), [lat_e7, lon_e7]);
  const obstacles = useMemo(
    () =>
      town.obstacles.filter(({ area: border }) =>
        border.some((place) => {
          const spot = plane.to(place);
          return Math.hypot(spot.x, spot.y) < NEAR_M;
        }),
      ),
    [town, plane],
  );
  const seen = useMemo(
    () => posts.map((post) => ({ post, sight: sightOf(post, obstacles, plane), ceiling: Math.min(post.ceiling_px_per_m, ceiling) })),
    [posts, obstacles, plane, ceiling],
  );
  const standing = useMemo(
    () => obstacles.filter(({ area: border }) => border.some((place) => inside(place, area))),
    [obstacles, area],
  );
  return { plane, area, closed, seen, selected, obstacles: standing, trees: town.trees };
}

export function PlanMap({ desk, closed, children, tools, legend, onPress, onKey, placing }: Properties) {
  const { say } = useWords();
  const scheme = useScheme();
  const host = useRef<HTMLDivElement>(null);
  const ink = useRef<HTMLCanvasElement>(null);
  const { body, known } = desk;
  const start = useMemo(() => {
    const designated = known.designations.find((one) => one.id === body.designation)?.area;
    const masts = desk.town.masts.map((one) => one.position);
    return [body.area, designated, masts].find((places) => places !== undefined && places.length > 0) ?? [];
    // Where the map begins: afterwards it stays where people moved it.
  }, [desk.town, known.designations, body.designation]);
  const { surface, plain } = useSurface(host, desk, start);
  const scene = useScene(desk, closed);

  useEffect(() => {
    if (surface === null) return;
    let frame = 0;
    const draw = (): void => {
      window.cancelAnimationFrame(frame);
      frame = window.requestAnimationFrame(() => {
        if (ink.current && host.current) paint(ink.current, surface, scene, inksOf(host.current));
      });
    };
    draw();
    const still = surface.onMove(draw);
    return () => {
      still();
      window.cancelAnimationFrame(frame);
    };
  }, [surface, scene, scheme]);

  const press = useRef(onPress);
  press.current = onPress;
  useEffect(() => surface?.onPress((place) => press.current?.(place)), [surface]);

  const keyed = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
    if (onKey?.(event)) return event.preventDefault();
    const deed = deedOf(event);
    if (surface === null || event.target !== event.currentTarget || deed?.kind !== "move") return;
    const far = event.shiftKey ? 200 : 60;
    surface.pan(Math.sign(deed.east) * far, -Math.sign(deed.north) * far);
    event.preventDefault();
  };

  return (
    <section
      className={placing ? "fz-map fz-map--placing" : "fz-map"}
      aria-label={say("planning.map.label")}
      tabIndex={0}
      onKeyDown={keyed}
      data-testid="plan-map"
      data-surface={surface === null ? "none" : plain ? "plain" : "gl"}
    >
      <div className="fz-map__ground" ref={host} />
      <canvas className="fz-map__ink" ref={ink} aria-hidden="true" />
      <OnSurface value={surface}>
        {surface !== null && (
          <div className="fz-map__marks">
            <Labels town={desk.town} />
            {children}
          </div>
        )}
      </OnSurface>
      <div className="fz-map__tools">{tools}</div>
      <div className="fz-map__zoom">
        <button type="button" className="fz-map__zoomer" aria-label={say("planning.map.closer")} onClick={() => surface?.zoom(1)}>
          +
        </button>
        <button type="button" className="fz-map__zoomer" aria-label={say("planning.map.further")} onClick={() => surface?.zoom(-1)}>
          −
        </button>
        <button
          type="button"
          className="fz-map__zoomer fz-map__zoomer--fit"
          aria-label={say("planning.map.fit")}
          onClick={() => surface?.fit(body.area?.length ? body.area : start)}
        >
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path fill="currentColor" d="M1.5 1.5h5v2h-3v3h-2Zm8 0h5v5h-2v-3h-3Zm-8 8h2v3h3v2h-5Zm11 0h2v5h-5v-2h3Z" />
          </svg>
        </button>
      </div>
      <div className="fz-map__foot">
        {plain && (
          <p className="fz-map__note" role="status" data-testid="map-plain">
            {say("planning.map.plain")}
          </p>
        )}
        {legend}
        {desk.town.tiles !== null && desk.town.tiles.attribution !== "" && <p className="fz-map__source">{desk.town.tiles.attribution}</p>}
      </div>
    </section>
  );
}
