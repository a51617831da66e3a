// SPDX-License-Identifier: EUPL-1.2
// What is wrong, first, each with the button that mends it; below it the numbers of the plan as it is at this moment.
import { useState } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { grouped } from "../words/numbers";
import type { Coverage, PostCoverage } from "./coverage";
import type { Desk } from "./desk";
import { decimal } from "./fields";
import { INSIDE_PERCENT } from "./keeping-inside";
import { mended, mendsOf, type Mend } from "./optics";
import { calledPost } from "./posts";
import { useReplace } from "./steps/replacing";
import { useLevelWords } from "./steps/Settings";
import { useFieldWords } from "./step-words";
import { findingsOf, oddWindows, postAt, stepOf, stillOpen, type Step } from "./steps";
import type { Finding, PlanPost } from "./types";

const SHOWN_LEVELS = 4;
/** What the live numbers say themselves. */
const COUNTED = new Set(["view-outside", "view-too-sharp", "view-groundless"]);

interface Properties {
  desk: Desk;
  step: Step;
  goTo: (step: Step) => void;
}

function useMendWords(): (mend: Mend) => string {
  const { say } = useWords();
  return (mend) => {
    if (mend.kind === "widen") return say("planning.mend.widen", { degrees: mend.hfovDeg });
    if (mend.kind === "picture") return say("planning.mend.picture", { size: `${mend.width_px} × ${mend.height_px}`, degrees: mend.hfovDeg });
    if (mend.kind === "aim") return say("planning.mend.aim", { degrees: mend.hfovDeg, tilt: mend.tiltDeg });
    if (mend.kind === "lift") return say("planning.mend.lift", { degrees: mend.tiltDeg });
    return say("planning.mend.raise", { metres: decimal(mend.heightM, 1) });
  };
}

function TooSharp({ desk, post, own, first }: { desk: Desk; post: PlanPost; own: PostCoverage; first: boolean }) {
  const { say } = useWords();
  const words = useMendWords();
  const replace = useReplace(desk);
  const ceiling = Math.min(post.ceiling_px_per_m, desk.ceiling);
  const mends = mendsOf(post, ceiling).slice(0, 2);
  return (
    <section className="fz-rail__part" data-testid="too-sharp" data-post={post.post}>
      <h3 className="fz-rail__head">{say("planning.rail.tooSharp")}</h3>
      <p className="fz-rail__figure fz-rail__figure--sharp">
        <Icon name="warning" size={20} /> {say("planning.m2", { value: grouped(Math.max(1, Math.round(own.over_ceiling_m2))) })}
      </p>
      <p>{say("planning.rail.tooSharpSays", { post: calledPost(post), ceiling, sharpest: Math.round(own.sharpest_px_per_m) })}</p>
      {!desk.locked &&
        mends.map((mend, n) => (
          <Button
            key={mend.kind}
            kind={first && n === 0 ? "primary" : "secondary"}
            data-testid={`mend-${mend.kind}`}
            onClick={() => {
              const { view, width_px, height_px } = mended(post, mend);
              replace(post.post, { view, width_px, height_px }, `mend ${mend.kind}`);
              desk.select(post.post);
            }}
          >
            {words(mend)}
          </Button>
        ))}
    </section>
  );
}

function Outside({ desk, post, own, first }: { desk: Desk; post: PlanPost; own: PostCoverage; first: boolean }) {
  const { say } = useWords();
  const replace = useReplace(desk);
  const [looking, setLooking] = useState<"no" | "busy" | "none">("no");
  const mend = async (): Promise<void> => {
    setLooking("busy");
    const view = await desk.counting.mend(post);
    setLooking(view === null ? "none" : "no");
    if (view === null) return;
    replace(post.post, { view }, "mend inside");
    desk.select(post.post);
  };
  return (
    <section className="fz-rail__part" data-testid="outside" data-post={post.post}>
      <h3 className="fz-rail__head">{say("planning.rail.outside")}</h3>
      <p className="fz-rail__figure">
        {say("planning.m2", { value: grouped(Math.round(own.outside_m2)) })} <span className="fz-rail__aside">{calledPost(post)}</span>
      </p>
      <p>{say("planning.rail.outsideSays", { percent: decimal(own.inside_percent, 1) })}</p>
      {!desk.locked && (
        <Button kind={first ? "primary" : "secondary"} data-testid="mend-inside" aria-disabled={looking === "busy"} onClick={() => looking !== "busy" && void mend()}>
          {looking === "busy" ? say("planning.mend.looking") : say("planning.mend.inside")}
        </Button>
      )}
      {looking === "none" && (
        <p className="fz-rail__none" role="status">
          {say("planning.mend.nothing")}
        </p>
      )}
    </section>
  );
}

/** It hangs so high, or looks up so far, that nobody on the ground is seen at all. */
function Blind({ post }: { post: PlanPost }) {
  const { say } = useWords();
  return (
    <section className="fz-rail__part" data-testid="sees-nothing" data-post={post.post}>
      <h3 className="fz-rail__head">{say("planning.rail.blindPost")}</h3>
      <p className="fz-rail__figure fz-rail__figure--sharp">
        <Icon name="warning" size={20} /> {calledPost(post)}
      </p>
      <p>{say("planning.rail.blindPostSays")}</p>
    </section>
  );
}

export function FindingLine({ desk, finding, goTo }: { desk: Desk; finding: Finding; goTo: (step: Step) => void }) {
  const { say } = useWords();
  const word = useFieldWords();
  const step = stepOf(finding.field);
  const post = postAt(finding.field, desk.body);
  const open = stillOpen(finding);
  return (
    <li className={`fz-finding fz-finding--${open ? "open" : finding.severity}`} data-testid="finding" data-rule={finding.rule} data-kind={finding.kind}>
      <Icon name={open ? "square" : finding.severity === "refuse" ? "warning" : "triangle"} size={14} />
      <div>
        <p>
          <strong>{finding.title}.</strong> {open ? word(finding.field) : finding.detail}
        </p>
        <p className="fz-finding__where">
          {/^R\d+$/.test(finding.rule) && <span>{finding.rule}</span>}
          {step !== "check" && (
            <button
              type="button"
              className="fz-link fz-link--button"
              onClick={() => {
                if (post !== null) desk.select(post);
                goTo(step);
              }}
            >
              {say("planning.rail.mendIt")}
            </button>
          )}
        </p>
      </div>
    </li>
  );
}

function Levels({ coverage }: { coverage: Coverage }) {
  const { say } = useWords();
  const word = useLevelWords();
  return (
    <section className="fz-rail__part" data-testid="levels">
      <h3 className="fz-rail__head">{say("planning.rail.coverage", { m2: grouped(Math.round(coverage.walkable_m2)) })}</h3>
      <dl className="fz-levels">
        {coverage.levels.slice(0, SHOWN_LEVELS).map((level) => (
          <div key={level.level} className="fz-levels__row">
            <dt>{word(level.px_per_m)}</dt>
            <dd className="fz-levels__from">≥ {level.px_per_m}</dd>
            <dd className="fz-levels__bar">
              <svg width="100%" height="6" aria-hidden="true" focusable="false">
                <rect className="fz-levels__ground" width="100%" height="6" />
                <rect className="fz-levels__part" width={`${level.percent}%`} height="6" />
              </svg>
            </dd>
            <dd className="fz-levels__percent">{say("planning.percent", { value: decimal(level.percent, 1) })}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Numbers({ desk, coverage }: { desk: Desk; coverage: Coverage }) {
  const { say } = useWords();
  const posts = desk.body.posts ?? [];
  const rows = [
    ["blind", say("planning.rail.blind"), say("planning.m2", { value: grouped(Math.round(coverage.blind_m2)) })],
    ["outside", say("planning.rail.outside"), say("planning.m2", { value: grouped(Math.round(coverage.outside_m2)) })],
    ["sharp", say("planning.rail.tooSharp"), say("planning.m2", { value: grouped(Math.round(coverage.over_ceiling_m2)) })],
    ["floor", say("planning.rail.floor", { floor: desk.floor }), say("planning.percent", { value: decimal(coverage.floor_percent, 1) })],
    ["overlap", say("planning.rail.overlap"), say("planning.percent", { value: decimal(coverage.overlap_percent, 1) })],
    ["posts", say("planning.rail.posts"), String(posts.length)],
  ] as const;
  return (
    <section className="fz-rail__part" data-testid="numbers">
      <h3 className="fz-unseen">{say("planning.rail.numbers")}</h3>
      <dl className="fz-numbers">
        {rows.map(([key, name, value]) => (
          <div key={key} className="fz-numbers__row" data-number={key}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function Rail({ desk, step, goTo }: Properties) {
  const { say } = useWords();
  const { coverage } = desk.counting;
  const posts = desk.body.posts ?? [];
  const counted = (coverage?.posts ?? []).flatMap((own) => {
    const post = posts.find((one) => one.post === own.post);
    return post === undefined ? [] : [{ post, own }];
  });
  // The chosen post first: its number is what the hand is on.
  const ordered = [...counted].sort((a, b) => Number(b.post.post === desk.selected) - Number(a.post.post === desk.selected));
  const sharp = ordered.filter(({ own }) => own.over_ceiling_m2 > 0);
  const outside = ordered.filter(({ own }) => own.inside_percent < INSIDE_PERCENT);
  const blind = ordered.filter(({ own }) => own.footprint_m2 === 0);
  const odd = step === "window" && oddWindows(desk.body.windows, desk.nowUs);
  const onMap = step === "posts" || step === "area";
  const all = desk.findings.filter((one) => step === "check" || !COUNTED.has(one.kind));
  const here = step === "check" ? [] : findingsOf(step, all);
  const elsewhere = desk.findings.filter((one) => one.severity === "refuse" && stepOf(one.field) !== step).length;
  return (
    <aside className="fz-rail" aria-label={say("planning.rail.label")} data-testid="rail">
      {step === "posts" && sharp.map(({ post, own }, n) => <TooSharp key={post.post} desk={desk} post={post} own={own} first={n === 0} />)}
      {step === "posts" &&
        outside.map(({ post, own }, n) => <Outside key={post.post} desk={desk} post={post} own={own} first={sharp.length === 0 && n === 0} />)}
      {step === "posts" && blind.map(({ post }) => <Blind key={post.post} post={post} />)}
      {here.length > 0 && (
        <section className="fz-rail__part">
          <h3 className="fz-rail__head">{say("planning.rail.here")}</h3>
          <ul className="fz-findings">
            {here.map((one, n) => (
              <FindingLine key={`${one.kind} ${one.field} ${n}`} desk={desk} finding={one} goTo={goTo} />
            ))}
          </ul>
        </section>
      )}
      {here.length === 0 && (step !== "posts" || sharp.length + outside.length + blind.length === 0) && !odd && step !== "check" && (
        <p className="fz-rail__part fz-rail__fine" data-testid="nothing-wrong">
          <Icon name="tick" /> {say("planning.rail.nothingHere")}
        </p>
      )}
      {coverage !== null && posts.length > 0 && (
        <>
          <Levels coverage={coverage} />
          <Numbers desk={desk} coverage={coverage} />
        </>
      )}
      {onMap && posts.length === 0 && <p className="fz-rail__part fz-rail__muted">{say("planning.rail.noPosts")}</p>}
      {elsewhere > 0 && step !== "check" && (
        <p className="fz-rail__part fz-rail__muted">
          {say("planning.rail.elsewhere", { count: elsewhere })}{" "}
          <button type="button" className="fz-link fz-link--button" onClick={() => goTo("check")}>
            {say("planning.rail.showAll")}
          </button>
        </p>
      )}
    </aside>
  );
}
