// SPDX-License-Identifier: EUPL-1.2
// Posts on the map: flags with a wedge for where they look. The one that is chosen shows its outline and how sharp it
// sees where; a free mast takes a post with one press.
import { useEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type RefObject } from "react";
import { useWords } from "../../i18n/language";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Key } from "../../parts/Key";
import { ringM } from "../coverage";
import type { Desk } from "../desk";
import { GripMark, Mark } from "../map/Marks";
import { PlanMap } from "../map/PlanMap";
import { farM, LEVELS, nearM, sharpest } from "../optics";
import { bearing, distanceM, middle, moved } from "../plane";
import { calledPost, deedOf, done, newPost, tidy } from "../posts";
import type { Mast } from "../town";
import type { PlanPost, Position } from "../types";
import { Legend } from "./Legend";
import { useReplace } from "./replacing";

const SNAP_M = 2.5;
const HANDLE_M = 14;

function radians(mdeg: number): number {
  return ((mdeg / 1000) * Math.PI) / 180;
}

/** The place so far ahead of a post, or so many degrees to its right. */
function ahead(post: PlanPost, metres: number, offMdeg = 0): Position {
  const turn = radians(post.view.azimuth_mdeg + offMdeg);
  return moved(post.position, Math.sin(turn) * metres, Math.cos(turn) * metres);
}

/** Out of the view at the side where it lies: labels of a narrow view do not lie over each other. */
function aside(post: PlanPost, offMdeg: number): CSSProperties {
  const out = radians(post.view.azimuth_mdeg + offMdeg + Math.sign(offMdeg) * 90_000);
  const shift = (part: number): string => `calc(-50% + ${part.toFixed(2)} * (50% + 4px))`;
  return { transform: `translate(${shift(Math.sin(out))}, ${shift(-Math.cos(out))})` };
}

export function mastAt(masts: readonly Mast[], at: Position): Mast | null {
  return masts.find((mast) => distanceM(mast.position, at) < 0.3) ?? null;
}

function snapped(masts: readonly Mast[], to: Position): { position: Position; mast: Mast | null } {
  const mast = masts.find((one) => distanceM(one.position, to) < SNAP_M) ?? null;
  return { position: mast?.position ?? to, mast };
}

interface PostMarkProperties {
  post: PlanPost;
  desk: Desk;
  tooSharp: boolean;
  /** the post that takes the focus once it stands on the map */
  arriving: RefObject<string | null>;
  onKey: (event: KeyboardEvent<HTMLElement>) => void;
}

function PostMark({ post, desk, tooSharp, arriving, onKey }: PostMarkProperties) {
  const { say } = useWords();
  const testid = `post-${post.post}`;
  useEffect(() => {
    if (arriving.current !== post.post) return;
    arriving.current = null;
    document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.focus();
  }, [arriving, post.post, testid]);
  const replace = useReplace(desk);
  const chosen = desk.selected === post.post;
  const state = [chosen ? " fz-mark--chosen" : "", tooSharp ? " fz-mark--sharp" : ""].join("");
  const called = calledPost(post);
  return (
    <GripMark
      at={post.position}
      className={`fz-mark--post${state}`}
      label={say("planning.posts.mark", { post: called, name: post.name, degrees: Math.round(post.view.azimuth_mdeg / 1000) })}
      pressed={chosen}
      testid={testid}
      locked={desk.locked}
      onFocus={() => desk.select(post.post)}
      onPress={() => desk.select(post.post)}
      onKey={onKey}
      onDrag={(to) => {
        const { position, mast } = snapped(desk.town.masts, to);
        replace(post.post, { position, ...(mast === null ? {} : { name: mast.name }) }, "drag");
      }}
    >
      <svg className="fz-mark__wedge" width="56" height="56" viewBox="-28 -28 56 56" aria-hidden="true" focusable="false">
        <path fill="currentColor" d="M0-27 7-15H-7Z" transform={`rotate(${post.view.azimuth_mdeg / 1000})`} />
      </svg>
      <span className="fz-mark__flag">{called}</span>
    </GripMark>
  );
}

/** Turning by hand: a grip ahead of the chosen post. The keys [ and ] do the same. */
function TurnMark({ post, desk }: { post: PlanPost; desk: Desk }) {
  const { say } = useWords();
  const replace = useReplace(desk);
  return (
    <GripMark
      at={ahead(post, HANDLE_M)}
      className="fz-mark--turn"
      label={say("planning.posts.turn", { post: calledPost(post) })}
      testid="post-turn"
      locked={desk.locked}
      onDrag={(to) => {
        const azimuth_mdeg = Math.round(bearing(post.position, to)) * 1000;
        replace(post.post, { view: tidy({ ...post.view, azimuth_mdeg }) }, "turn");
      }}
      onKey={(event) => {
        const deed = deedOf(event);
        if (deed === null || deed.kind === "move") return;
        event.preventDefault();
        replace(post.post, done(post, deed), deed.kind);
      }}
    />
  );
}

function RingMarks({ post, ceiling }: { post: PlanPost; ceiling: number }) {
  const { say } = useWords();
  const over = sharpest(post) > ceiling;
  const far = farM(post);
  const drawn = (level: number): boolean => ringM(post, level) > nearM(post) && ringM(post, level) < far;
  const shown = LEVELS.filter((level) => level >= 80 && level < ceiling && drawn(level));
  const side = post.view.hfov_mdeg / 2;
  return (
    <div aria-hidden="true">
      {shown.map((level, n) => (
        <Mark key={level} at={ahead(post, ringM(post, level), n % 2 === 0 ? side : -side)} className="fz-mark--ring">
          <span className="fz-mark__ring" style={aside(post, n % 2 === 0 ? side : -side)}>
            {say("planning.pxPerM", { value: level })}
          </span>
        </Mark>
      ))}
      {over && ringM(post, ceiling) > 0 && (
        <Mark at={ahead(post, ringM(post, ceiling))} className="fz-mark--ring">
          <span className="fz-mark__ring fz-mark__ring--sharp">{say("planning.pxPerM", { value: ceiling })}</span>
        </Mark>
      )}
    </div>
  );
}

export function PostsMap({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const replace = useReplace(desk);
  const [placing, setPlacing] = useState(false);
  const arriving = useRef<string | null>(null);
  const posts = useMemo(() => desk.body.posts ?? [], [desk.body.posts]);
  const chosen = posts.find((one) => one.post === desk.selected) ?? null;
  const free = desk.town.masts.filter((mast) => !posts.some((post) => distanceM(post.position, mast.position) < 0.3));

  const add = (at: Position, mast: Mast | null): void => {
    if (desk.locked) return;
    const place = { name: mast?.name ?? "", position: at, heightM: mast?.heightM ?? null };
    const post = newPost(place, desk.body.area ?? [], desk.ceiling, posts.map((one) => one.post));
    const named = post.name === "" ? { ...post, name: say("planning.posts.named", { post: calledPost(post) }) } : post;
    arriving.current = named.post;
    desk.edit({ posts: [...posts, named] }, "add post");
    desk.select(named.post);
    setPlacing(false);
  };
  const byKey = (): void => {
    const centre = middle(desk.body.area ?? []) ?? desk.town.masts[0]?.position ?? null;
    if (centre === null) return;
    const nearest = [...free].sort((a, b) => distanceM(a.position, centre) - distanceM(b.position, centre))[0] ?? null;
    add(nearest?.position ?? centre, nearest);
  };
  const remove = (post: PlanPost): void => {
    desk.edit({ posts: posts.filter((one) => one.post !== post.post) }, "remove post");
    desk.select(null);
    document.querySelector<HTMLElement>('[data-testid="plan-map"]')?.focus();
  };
  /** true when the key was one of ours */
  const keyed = (event: KeyboardEvent<HTMLElement>): boolean => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && event.key.toLowerCase() === "p" && !desk.locked) {
      byKey();
      return true;
    }
    if (event.key === "Escape" && placing) {
      setPlacing(false);
      return true;
    }
    const own = event.target instanceof Element && event.target.closest(".fz-mark--post") !== null;
    if (chosen === null || desk.locked) return false;
    if (own && plain && event.key === "Delete") {
      remove(chosen);
      return true;
    }
    const deed = deedOf(event);
    if (deed === null || (deed.kind === "move" && !own)) return false;
    replace(chosen.post, done(chosen, deed), deed.kind);
    return true;
  };

  return (
    <PlanMap
      desk={desk}
      closed
      placing={placing}
      onKey={keyed}
      onPress={placing ? (place) => add(snapped(free, place).position, snapped(free, place).mast) : () => desk.select(null)}
      tools={
        !desk.locked && (
          <>
            <Button kind="secondary" className="fz-map__tool" aria-pressed={placing} data-testid="add-post" onClick={() => (placing ? setPlacing(false) : setPlacing(true))}>
              {say("planning.posts.add")}
              <Key letter="P" />
            </Button>
            {placing && (
              <p className="fz-map__hint" role="status">
                {say("planning.posts.placing")}
                <Button kind="quiet" data-testid="add-post-here" onClick={byKey}>
                  {free.length > 0 ? say("planning.posts.atNearestMast") : say("planning.posts.inTheMiddle")}
                </Button>
              </p>
            )}
          </>
        )
      }
      legend={<Legend />}
    >
      {!desk.locked &&
        free.map((mast) => (
          <GripMark
            key={`${mast.name} ${mast.position.lat_e7}`}
            at={mast.position}
            className="fz-mark--mast"
            label={say("planning.posts.mast", { name: mast.name })}
            testid="mast"
            locked
            onPress={() => add(mast.position, mast)}
          />
        ))}
      {(desk.body.entries ?? []).map((entry) => (
        <Mark key={entry.entry} at={entry.position} className="fz-mark--entry">
          <span className="fz-mark__entry" title={entry.name}>
            <Icon name="entry" size={12} />
          </span>
        </Mark>
      ))}
      {chosen !== null && <RingMarks post={chosen} ceiling={Math.min(chosen.ceiling_px_per_m, desk.ceiling)} />}
      {posts.map((post) => {
        const own = desk.counting.coverage?.posts.find((one) => one.post === post.post);
        return <PostMark key={post.post} post={post} desk={desk} tooSharp={(own?.over_ceiling_m2 ?? 0) > 0} arriving={arriving} onKey={() => undefined} />;
      })}
      {chosen !== null && !desk.locked && <TurnMark post={chosen} desk={desk} />}
    </PlanMap>
  );
}
