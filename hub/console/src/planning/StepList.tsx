// SPDX-License-Identifier: EUPL-1.2
// The steps beside the plan: which is open, which is filled in, and in one line what stands there or what is wrong.
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { grouped } from "../words/numbers";
import { clockMinutes, moment } from "../words/times";
import type { Desk } from "./desk";
import { areaM2 } from "./plane";
import { useStepWords } from "./step-words";
import { filled, findingsOf, STEPS, stillOpen, type Step } from "./steps";

interface Properties {
  desk: Desk;
  step: Step;
  href: (step: Step) => string;
}

function useStepSays(desk: Desk): (step: Step) => { text: string; wrong: boolean } {
  const { say, language } = useWords();
  const { body, findings, known, nowUs, locked } = desk;
  const posts = body.posts ?? [];
  const sharp = desk.counting.coverage?.posts.filter((one) => one.over_ceiling_m2 > 0).length ?? 0;
  const unseeing = desk.counting.coverage?.posts.filter((one) => one.footprint_m2 === 0).length ?? 0;
  const says = (step: Step): string => {
    const window = body.windows?.[0];
    switch (step) {
      case "ground":
        return known.designations.find((one) => one.id === body.designation)?.name ?? "";
      case "area":
        return (body.area?.length ?? 0) >= 3 ? say("planning.m2", { value: grouped(Math.round(areaM2(body.area ?? []))) }) : "";
      case "posts":
        return posts.length === 0 ? "" : say("planning.list.posts", { count: posts.length });
      case "window":
        return window === undefined ? "" : `${moment(window.from_us ?? nowUs, nowUs, language)}–${clockMinutes(window.to_us, language)}`;
      case "settings":
        return body.retention_h == null ? "" : say("planning.hours", { count: body.retention_h });
      case "team":
        return body.team?.operators.length ? say("planning.list.people", { count: body.team.operators.length + body.team.installers.length }) : "";
      case "check":
        return locked ? "" : say("planning.list.twoSign");
    }
  };
  return (step) => {
    if (locked) return { text: says(step), wrong: false };
    if (step === "posts" && sharp > 0) return { text: say("planning.list.sharp", { posts: posts.length, count: sharp }), wrong: true };
    if (step === "posts" && unseeing > 0) return { text: say("planning.list.unseeing", { posts: posts.length, count: unseeing }), wrong: true };
    const refusals = step === "check" ? [] : findingsOf(step, findings).filter((one) => one.severity === "refuse" && !stillOpen(one));
    const first = refusals[0];
    return first === undefined ? { text: says(step), wrong: false } : { text: first.title, wrong: true };
  };
}

export function StepList({ desk, step, href }: Properties) {
  const { say } = useWords();
  const word = useStepWords();
  const says = useStepSays(desk);
  return (
    <nav className="fz-steps" aria-label={say("planning.steps")}>
      <ol className="fz-steps__list">
        {STEPS.map((one, n) => {
          const { text, wrong } = says(one);
          const done = filled(one, desk.body) && !wrong;
          return (
            <li key={one}>
              <Link href={href(one)} className="fz-steps__step" aria-current={one === step ? "step" : undefined} data-testid={`step-${one}`} data-done={done}>
                <span className={done ? "fz-steps__box fz-steps__box--done" : "fz-steps__box"} aria-hidden="true">
                  {done ? <Icon name="tick" size={13} /> : n + 1}
                </span>
                <span className="fz-steps__words">
                  <span className="fz-steps__name">
                    {word(one)}
                    {done && <span className="fz-unseen"> {say("planning.list.done")}</span>}
                  </span>
                  {text !== "" && <span className={wrong ? "fz-steps__says fz-steps__says--wrong" : "fz-steps__says"}>{text}</span>}
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
