// SPDX-License-Identifier: EUPL-1.2
// What lies on the map as part of the page: names, posts, corners and entrances, each at its place. A mark that can be
// moved is a button, so that the keyboard reaches it; a drag moves it too.
import { createContext, useContext, useLayoutEffect, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import type { Position } from "../types";
import type { Surface } from "./surface";

export const OnSurface = createContext<Surface | null>(null);

const DRAG_PX = 4; // less is a click

function useAt(at: Position): React.RefObject<HTMLDivElement | null> {
  const surface = useContext(OnSurface);
  const mark = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (surface === null) return;
    const put = (): void => {
      const dot = surface.toDot({ lat_e7: at.lat_e7, lon_e7: at.lon_e7 });
      if (mark.current) mark.current.style.transform = `translate(${dot.x.toFixed(1)}px, ${dot.y.toFixed(1)}px)`;
    };
    put();
    return surface.onMove(put);
  }, [surface, at.lat_e7, at.lon_e7]);
  return mark;
}

export function Mark({ at, className, children }: { at: Position; className: string; children: ReactNode }) {
  return (
    <div ref={useAt(at)} className={`fz-mark ${className}`}>
      {children}
    </div>
  );
}

interface Grip {
  at: Position;
  className: string;
  label: string;
  pressed?: boolean;
  testid: string;
  locked: boolean;
  /** `done` when the hand lets go */
  onDrag?: (to: Position) => void;
  onPress?: () => void;
  onFocus?: () => void;
  onKey?: (event: KeyboardEvent<HTMLButtonElement>) => void;
  children?: ReactNode;
}

export function GripMark({ at, className, label, pressed, testid, locked, onDrag, onPress, onFocus, onKey, children }: Grip) {
  const surface = useContext(OnSurface);
  const hand = useRef<{ x: number; y: number; from: Position; dragged: boolean } | null>(null);
  const move = (event: PointerEvent<HTMLButtonElement>): void => {
    const held = hand.current;
    if (held === null || surface === null || locked || onDrag === undefined) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.dragged && Math.hypot(dx, dy) < DRAG_PX) return;
    held.dragged = true;
    const from = surface.toDot(held.from);
    onDrag(surface.toPlace({ x: from.x + dx, y: from.y + dy }));
  };
  return (
    <div ref={useAt(at)} className={`fz-mark ${className}`}>
      <button
        type="button"
        className="fz-mark__grip"
        aria-label={label}
        aria-pressed={pressed}
        data-testid={testid}
        onFocus={onFocus}
        onKeyDown={onKey}
        onClick={() => onPress?.()}
        onPointerDown={(event) => {
          if (event.button !== 0 || onDrag === undefined) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          hand.current = { x: event.clientX, y: event.clientY, from: at, dragged: false };
        }}
        onPointerMove={move}
        onPointerUp={() => (hand.current = null)}
        onPointerCancel={() => (hand.current = null)}
      >
        {children}
      </button>
    </div>
  );
}
