// SPDX-License-Identifier: EUPL-1.2
// The chosen post in numbers: everything that a drag or a key does can be typed here. Below it all posts as a table,
// which is all there is to work with where no map can be drawn or seen.
import { useWords } from "../../i18n/language";
import { Button } from "../../parts/Button";
import type { Desk } from "../desk";
import { decimal, Figure, Pick } from "../fields";
import { nearM, PICTURES } from "../optics";
import { calledPost, PICTURE, tidy } from "../posts";
import type { PlanPost, PlanView } from "../types";
import { mastAt } from "./PostsMap";
import { useReplace } from "./replacing";

const E7 = 1e7;
const HIGHEST_M = 100;

interface Columns {
  desk: Desk;
  post: PlanPost;
  prefix: string;
}

function usePost({ desk, post }: Columns): { set: (part: Partial<PlanPost>, what: string) => void; look: (part: Partial<PlanView>, what: string) => void } {
  const replace = useReplace(desk);
  return {
    set: (part, what) => replace(post.post, part, what),
    look: (part, what) => replace(post.post, { view: tidy({ ...post.view, ...part }) }, what),
  };
}

function ViewFigures({ desk, post, prefix }: Columns) {
  const { say } = useWords();
  const { set, look } = usePost({ desk, post, prefix });
  const degrees = say("planning.unit.degrees");
  const all = [
    { name: "height", label: say("planning.posts.height"), unit: "m", value: post.view.height_mm / 1000, digits: 1, low: 0, high: HIGHEST_M, on: (v: number) => look({ height_mm: v * 1000 }, "height") },
    { name: "azimuth", label: say("planning.posts.azimuth"), unit: degrees, value: post.view.azimuth_mdeg / 1000, digits: 0, low: 0, high: 359, on: (v: number) => look({ azimuth_mdeg: v * 1000 }, "azimuth") },
    { name: "tilt", label: say("planning.posts.tilt"), unit: degrees, value: post.view.tilt_mdeg / 1000, digits: 0, low: -90, high: 90, on: (v: number) => look({ tilt_mdeg: v * 1000 }, "tilt") },
    { name: "hfov", label: say("planning.posts.hfov"), unit: degrees, value: post.view.hfov_mdeg / 1000, digits: 0, low: 1, high: 179, on: (v: number) => look({ hfov_mdeg: v * 1000 }, "hfov") },
    { name: "ceiling", label: say("planning.posts.ceiling"), unit: "px/m", value: post.ceiling_px_per_m, digits: 0, low: 1, high: 1500, on: (v: number) => set({ ceiling_px_per_m: Math.round(v) }, "ceiling") },
  ];
  return all.map((one) => (
    <Figure
      key={one.name}
      label={one.label}
      unit={one.unit}
      value={one.value}
      digits={one.digits}
      low={one.low}
      high={one.high}
      disabled={desk.locked}
      testid={`${prefix}-${one.name}`}
      compact
      onValue={one.on}
    />
  ));
}

export function PlaceFigures({ at, prefix, locked, onPlace }: { at: { lat_e7: number; lon_e7: number }; prefix: string; locked: boolean; onPlace: (at: { lat_e7: number; lon_e7: number }) => void }) {
  const { say } = useWords();
  return (
    <>
      <Figure
        label={say("planning.north")}
        unit=""
        value={at.lat_e7 / E7}
        digits={6}
        low={-90}
        high={90}
        disabled={locked}
        testid={`${prefix}-lat`}
        compact
        onValue={(value) => onPlace({ ...at, lat_e7: Math.round(value * E7) })}
      />
      <Figure
        label={say("planning.east")}
        unit=""
        value={at.lon_e7 / E7}
        digits={6}
        low={-180}
        high={180}
        disabled={locked}
        testid={`${prefix}-lon`}
        compact
        onValue={(value) => onPlace({ ...at, lon_e7: Math.round(value * E7) })}
      />
    </>
  );
}

function MastPick({ desk, post, prefix }: Columns) {
  const { say } = useWords();
  const { set } = usePost({ desk, post, prefix });
  const { masts } = desk.town;
  if (masts.length === 0) return null;
  const here = mastAt(masts, post.position);
  return (
    <Pick
      label={say("planning.posts.mastLabel")}
      value={here?.name ?? ""}
      options={masts.map((one) => ({ value: one.name, title: one.name }))}
      empty={say("planning.posts.noMast")}
      disabled={desk.locked}
      testid={`${prefix}-mast`}
      compact
      onValue={(name) => {
        const mast = masts.find((one) => one.name === name);
        if (mast === undefined) return;
        const height = mast.heightM === null ? {} : { view: { ...post.view, height_mm: Math.round(mast.heightM * 1000) } };
        set({ position: mast.position, name: mast.name, ...height }, "mast");
      }}
    />
  );
}

export function PostPanel({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const posts = desk.body.posts ?? [];
  const post = posts.find((one) => one.post === desk.selected);
  const { set } = usePost({ desk, post: post ?? (posts[0] as PlanPost), prefix: "post" });
  if (post === undefined) {
    return (
      <div className="fz-post-panel" data-testid="post-panel">
        <p className="fz-post-panel__none">{posts.length === 0 ? say("planning.posts.none") : say("planning.posts.chooseOne")}</p>
        {posts.map((one) => (
          <Button key={one.post} kind="secondary" data-testid={`choose-${one.post}`} onClick={() => desk.select(one.post)}>
            {calledPost(one)}
          </Button>
        ))}
      </div>
    );
  }
  const near = nearM(post);
  const sizes = PICTURES.map(([width, height]) => ({ value: `${width}x${height}`, title: `${width} × ${height}` }));
  const size = `${post.width_px}x${post.height_px}`;
  return (
    <div className="fz-post-panel" data-testid="post-panel" data-post={post.post}>
      <span className="fz-post-panel__flag">{calledPost(post)}</span>
      <label className="fz-post-panel__name">
        <span className="fz-unseen">{say("planning.posts.name")}</span>
        <input
          className="fz-figure__input fz-post-panel__called"
          value={post.name}
          maxLength={100}
          disabled={desk.locked}
          data-testid="post-name"
          onChange={(event) => set({ name: event.target.value }, "name")}
        />
      </label>
      <ViewFigures desk={desk} post={post} prefix="post" />
      <MastPick desk={desk} post={post} prefix="post" />
      <Pick
        label={say("planning.posts.picture")}
        value={size}
        options={sizes.some((one) => one.value === size) ? sizes : [...sizes, { value: size, title: `${post.width_px} × ${post.height_px}` }]}
        disabled={desk.locked}
        testid="post-picture"
        compact
        onValue={(value) => {
          const [width_px = PICTURE.width_px, height_px = PICTURE.height_px] = value.split("x").map(Number);
          set({ width_px, height_px }, "picture");
        }}
      />
      <PlaceFigures at={post.position} prefix="post" locked={desk.locked} onPlace={(position) => set({ position }, "place")} />
      {!desk.locked && (
        <Button
          kind="secondary"
          data-testid="remove-post"
          aria-label={say("planning.posts.remove", { post: calledPost(post) })}
          onClick={() => {
            desk.edit({ posts: posts.filter((one) => one.post !== post.post) }, "remove post");
            desk.select(null);
            document.querySelector<HTMLElement>('[data-testid="plan-map"]')?.focus(); // this button goes with its post
          }}
        >
          {say("planning.posts.removeShort")}
        </Button>
      )}
      <span className="fz-post-panel__says">
        {Number.isFinite(near) ? say("planning.posts.seesFrom", { metres: decimal(near, 1) }) : say("planning.posts.seesNoGround")}
      </span>
    </div>
  );
}

/** All posts in numbers; open from the start where the map is the plain one. */
export function PostTable({ desk, open }: { desk: Desk; open: boolean }) {
  const { say } = useWords();
  const posts = desk.body.posts ?? [];
  if (posts.length === 0) return null;
  return (
    <details className="fz-table" open={open} data-testid="post-table">
      <summary className="fz-table__summary">{say("planning.posts.table", { count: posts.length })}</summary>
      <div className="fz-table__rows">
        {posts.map((post) => (
          <TableRow key={post.post} desk={desk} post={post} />
        ))}
      </div>
    </details>
  );
}

function TableRow({ desk, post }: { desk: Desk; post: PlanPost }) {
  const prefix = `row-${post.post}`;
  const { set } = usePost({ desk, post, prefix });
  return (
    <div className="fz-table__row" role="group" aria-label={calledPost(post)} data-testid={prefix}>
      <button type="button" className="fz-post-panel__flag fz-table__flag" aria-pressed={desk.selected === post.post} onClick={() => desk.select(post.post)}>
        {calledPost(post)}
      </button>
      <MastPick desk={desk} post={post} prefix={prefix} />
      <PlaceFigures at={post.position} prefix={prefix} locked={desk.locked} onPlace={(position) => set({ position }, "place")} />
      <ViewFigures desk={desk} post={post} prefix={prefix} />
    </div>
  );
}
