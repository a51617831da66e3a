// SPDX-License-Identifier: EUPL-1.2
// What there is to look back at: a row for each camera, above it when each hour's key dies, and after now nothing.
// Bands differ by edge, hatch and outline, never by colour alone.
import { memo, useEffect, useId, useRef, useState, type PointerEvent as ReactPointer } from "react";
import type { CameraFootage } from "../hub/types";
import { useWords } from "../i18n/language";
import { marks, momentAt, panned, shareOf, zoomed } from "../replay/axis";
import { bands, deaths, spanAt, type Band, type Stretch } from "../replay/spans";
import { shortened } from "../words/numbers";
import { clockMinutes, clockSeconds, moment } from "../words/times";
import { reasonWords, spanWords } from "./replay-words";
import "./timeline.css";

const DEATHS_PX = 26;
const MARKS_PX = 26;
const ROW_PX = 46;
const BAND_PX = 36;
const MARK_ROOM_PX = 90;
const LETTER_PX = 7.2; // at this size, on the wide side: what does not fit is not begun
const NAME_LETTERS = 12; // as many as stand beside the number
const OVER = 0.004; // beyond the view, so that an edge that is not there is not drawn
const WHEEL = 0.0016; // of a zoom per pixel of wheel

interface Properties {
  cameras: readonly CameraFootage[];
  names: ReadonlyMap<string, string>;
  shown: readonly string[];
  view: Stretch;
  limits: Stretch;
  /** where what can be looked back at ends: now, or when the window closed */
  nowUs: number;
  closed: boolean;
  positionUs: number;
  part: Stretch | null;
  selection: Stretch | null;
  onView: (view: Stretch) => void;
  onSeek: (us: number) => void;
  onSelect: (selection: Stretch) => void;
  onToggle: (camera: string) => void;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(4)}%`;
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useEffect(() => {
    if (!box.current) return;
    const seen = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  return [box, width];
}

export function ReplayTimeline(given: Properties) {
  const { cameras, names, shown, view, limits, nowUs, closed, positionUs, part, selection, onView, onSeek, onSelect, onToggle } = given;
  const { say, language } = useWords();
  const [box, width] = useWidth();
  const drag = useRef<{ pointer: number; selectFromUs: number | null } | null>(null);
  const help = useId();
  const usOf = (clientX: number): number => {
    const { left, width: wide } = (box.current as HTMLDivElement).getBoundingClientRect();
    return Math.max(limits.fromUs, Math.min(nowUs, momentAt(view, (clientX - left) / wide)));
  };
  useWheel(box, view, limits, onView);

  const down = (event: ReactPointer): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const us = usOf(event.clientX);
    drag.current = { pointer: event.pointerId, selectFromUs: event.shiftKey ? us : null };
    if (!event.shiftKey) onSeek(us);
  };
  const moved = (event: ReactPointer): void => {
    if (drag.current?.pointer !== event.pointerId) return;
    const us = usOf(event.clientX);
    const fromUs = drag.current.selectFromUs;
    if (fromUs === null) onSeek(us);
    else if (fromUs !== us) onSelect({ fromUs: Math.min(fromUs, us), toUs: Math.max(fromUs, us) });
  };
  const height = DEATHS_PX + MARKS_PX + cameras.length * ROW_PX;
  const first = cameras.find((one) => shown.includes(one.camera));
  const here = first ? spanWords(spanAt(first.spans, positionUs), say) : "";
  return (
    <div className="fz-timeline fz-theme" data-testid="timeline">
      <div className="fz-timeline__heads">
        {cameras.map(({ camera }, at) => (
          <button
            key={camera}
            type="button"
            className="fz-timeline__head"
            aria-pressed={shown.includes(camera)}
            title={say("replay.inPicture", { name: names.get(camera) ?? camera })}
            onClick={() => onToggle(camera)}
            data-testid="timeline-camera"
            data-camera={camera}
          >
            <kbd>{at + 1}</kbd>
            <span className="fz-timeline__name">{shortened(names.get(camera) ?? camera, NAME_LETTERS)}</span>
          </button>
        ))}
      </div>
      <div
        ref={box}
        className="fz-timeline__box"
        role="slider"
        tabIndex={0}
        aria-label={say("replay.timeline")}
        aria-describedby={help}
        aria-valuemin={0}
        aria-valuemax={Math.round((nowUs - limits.fromUs) / 1e6)}
        aria-valuenow={Math.round((positionUs - limits.fromUs) / 1e6)}
        aria-valuetext={say("replay.timelineAt", { time: clockSeconds(positionUs, language), what: here })}
        onPointerDown={down}
        onPointerMove={moved}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
        data-testid="timeline-box"
        data-from-us={view.fromUs}
        data-to-us={view.toUs}
      >
        <svg className="fz-timeline__drawing" height={height} aria-hidden="true" focusable="false">
          <Ground cameras={cameras} shown={shown} view={view} nowUs={nowUs} closed={closed} width={width} />
          {part && <Range className="fz-timeline__part" view={view} stretch={part} height={4} />}
          {selection && <Range className="fz-timeline__selection" view={view} stretch={selection} height={height} />}
          <Playhead share={shareOf(view, positionUs)} words={clockSeconds(positionUs, language)} width={width} height={height} />
        </svg>
        <p id={help} className="fz-unseen">
          {say("replay.timelineHelp")}
        </p>
      </div>
    </div>
  );
}

/** The wheel zooms about the pointer; sideways, or with Shift, it moves along. React's own wheel events cannot be held back. */
function useWheel(box: React.RefObject<HTMLDivElement | null>, view: Stretch, limits: Stretch, onView: (view: Stretch) => void): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const turned = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      const along = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (Math.abs(along) > (event.shiftKey ? 0 : Math.abs(event.deltaY))) {
        return onView(panned(view, (along / width) * (view.toUs - view.fromUs), limits));
      }
      onView(zoomed(view, Math.exp(-event.deltaY * WHEEL), momentAt(view, (event.clientX - left) / width), limits));
    };
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  }, [box, view, limits, onView]);
}

interface GroundProperties {
  cameras: readonly CameraFootage[];
  shown: readonly string[];
  view: Stretch;
  nowUs: number;
  closed: boolean;
  width: number;
}

/** All that does not move with the playhead. */
const Ground = memo(function Ground({ cameras, shown, view, nowUs, closed, width }: GroundProperties) {
  const { say, language } = useWords();
  const hatch = useId();
  const { atUs, stepS } = marks(view, width / MARK_ROOM_PX);
  const rowsFrom = DEATHS_PX + MARKS_PX;
  const edge = shareOf(view, nowUs);
  const closing = closed && edge >= 0 && edge <= 1 + OVER ? say("replay.windowClosed", { time: clockMinutes(nowUs, language) }) : null;
  // Marks whose words would lie under those of the end are left out.
  const freeUs = closing === null ? Infinity : momentAt(view, edge - (closing.length * LETTER_PX + MARK_ROOM_PX / 2) / width);
  return (
    <>
      <defs>
        <pattern id={hatch} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="8" height="8" className="fz-timeline__hatch-ground" />
          <rect width="2.5" height="8" className="fz-timeline__hatch-line" />
        </pattern>
      </defs>
      {deaths(cameras).map(({ fromUs, toUs, dueUs }) => {
        const time = moment(dueUs, nowUs, language);
        const words = [
          say("replay.diesHour", { hour: clockMinutes(fromUs, language).slice(0, 2), time }),
          say("replay.dies", { time }),
          say("replay.diesShort", { time }),
          say("replay.diesShort", { time: clockMinutes(dueUs, language) }),
        ];
        const room = (shareOf(view, toUs) - Math.max(0, shareOf(view, fromUs))) * width;
        // A box that has room for no words would say nothing.
        return fitting(words, room) === undefined ? null : (
          <Block key={dueUs} view={view} fromUs={fromUs} toUs={toUs} y={0} height={DEATHS_PX - 4} className="fz-timeline__death">
            <Label words={words} room={room} y={15} />
          </Block>
        );
      })}
      {atUs.filter((us) => us < freeUs).map((us) => (
        <g key={us}>
          <line className="fz-timeline__mark" x1={percent(shareOf(view, us))} x2={percent(shareOf(view, us))} y1={rowsFrom - 6} y2={rowsFrom + cameras.length * ROW_PX} />
          <text className="fz-timeline__mark-words" x={percent(shareOf(view, us))} y={rowsFrom - 10}>
            {stepS < 60 ? clockSeconds(us, language) : clockMinutes(us, language)}
          </text>
        </g>
      ))}
      {cameras.map(({ camera, spans }, row) => (
        <g key={camera} className={shown.includes(camera) ? "" : "fz-timeline__row--aside"}>
          <rect className="fz-timeline__row" y={rowsFrom + row * ROW_PX} width={percent(Math.max(0, shareOf(view, nowUs)))} height={ROW_PX - 1} />
          {bands(spans)
            .filter((band) => band.toUs > view.fromUs && band.fromUs < view.toUs)
            .map((band) => (
              <BandOf key={`${band.kind} ${band.fromUs}`} band={band} view={view} width={width} hatch={hatch} y={rowsFrom + row * ROW_PX + (ROW_PX - BAND_PX) / 2} />
            ))}
        </g>
      ))}
      <line className="fz-timeline__now" x1={percent(edge)} x2={percent(edge)} y1={rowsFrom - 6} y2="100%" />
      {closing && (
        <text className="fz-timeline__words fz-timeline__closed" x={percent(edge)} y={rowsFrom - 10} dx="-6">
          {closing}
        </text>
      )}
    </>
  );
});

interface BlockProperties {
  view: Stretch;
  fromUs: number;
  toUs: number;
  y: number;
  height: number;
  className: string;
  fill?: string;
  edge?: boolean;
  testid?: string;
  children?: React.ReactNode;
}

/** A stretch of a row; what stands in it is cut off at its end. It is never narrower than can be seen. */
function Block({ view, fromUs, toUs, y, height, className, fill, edge = false, testid, children }: BlockProperties) {
  const from = Math.max(-OVER, shareOf(view, fromUs));
  const share = Math.max(0.0015, Math.min(1 + OVER, shareOf(view, toUs)) - from);
  return (
    <svg x={percent(from)} y={y} width={percent(share)} height={height} overflow="hidden" data-testid={testid}>
      <rect className={className} width="100%" height="100%" fill={fill} />
      {edge && <rect className="fz-timeline__edge" width="100%" height="4" />}
      {children}
    </svg>
  );
}

/** The first words that fit; else none, for half a reason is none. */
function fitting(words: readonly string[], room: number): string | undefined {
  return words.find((one) => one.length * LETTER_PX + 16 < room);
}

function Label({ words, room, y }: { words: readonly string[]; room: number; y: number }) {
  const shown = fitting(words, room);
  return shown === undefined ? null : (
    <text className="fz-timeline__words" x="8" y={y}>
      {shown}
    </text>
  );
}

const classes = { recorded: "fz-timeline__recorded", fetching: "fz-timeline__fetching", erased: "fz-timeline__erased", gap: "fz-timeline__gap" } as const;

function BandOf({ band, view, width, hatch, y }: { band: Band; view: Stretch; width: number; hatch: string; y: number }) {
  const { say } = useWords();
  const room = (Math.min(1, shareOf(view, band.toUs)) - Math.max(0, shareOf(view, band.fromUs))) * width;
  const told = {
    recorded: [],
    gap: [reasonWords(band.reason, say), say("replay.gap")],
    fetching: [say("replay.legendFetching")],
    erased: [say("replay.legendErased")],
  };
  const words = told[band.kind];
  return (
    <Block
      view={view}
      fromUs={band.fromUs}
      toUs={band.toUs}
      y={y}
      height={BAND_PX}
      className={classes[band.kind]}
      edge={band.kind === "recorded"}
      testid={`band-${band.kind}`}
      {...(band.kind === "gap" ? { fill: `url(#${hatch})` } : {})}
    >
      <Label words={words} room={room} y={BAND_PX / 2 + 5} />
    </Block>
  );
}

function Range({ className, view, stretch, height }: { className: string; view: Stretch; stretch: Stretch; height: number }) {
  const [from, to] = [shareOf(view, stretch.fromUs), shareOf(view, stretch.toUs)];
  if (to < 0 || from > 1) return null;
  return (
    <svg x={percent(Math.max(-OVER, from))} y={DEATHS_PX + MARKS_PX - 6} width={percent(Math.max(0.001, Math.min(1 + OVER, to) - Math.max(-OVER, from)))} height={height}>
      <rect className={className} width="100%" height="100%" />
    </svg>
  );
}

const HEAD_PX = 66;

function Playhead({ share, words, width, height }: { share: number; words: string; width: number; height: number }) {
  if (share < 0 || share > 1) return null;
  const x = Math.max(0, Math.min(width - HEAD_PX, share * width - HEAD_PX / 2));
  return (
    <g data-testid="playhead">
      <line className="fz-timeline__playhead" x1={percent(share)} x2={percent(share)} y1={DEATHS_PX + 18} y2={height} />
      <rect className="fz-timeline__flag" x={x} y={DEATHS_PX - 1} width={HEAD_PX} height={20} rx={3} />
      <text className="fz-timeline__flag-words" x={x + HEAD_PX / 2} y={DEATHS_PX + 14}>
        {words}
      </text>
    </g>
  );
}
