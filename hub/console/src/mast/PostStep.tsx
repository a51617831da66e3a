// SPDX-License-Identifier: EUPL-1.2
// At which post: of the deployments in whose team one is, the nearest first. Binding it signs a placement, to which an
// operator adds the second signature once the signs stand; a post that another unit has is swapped by the same deed.
import type { Position } from "../hub/types";
import { useEffect, useMemo, useState } from "react";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Failed } from "../parts/Failed";
import type { Post } from "../approving/decision";
import { apartM } from "./aim";
import type { StepProperties } from "./MastScreen";
import { Foot, Question, UnitKey } from "./parts";
import { placeAndSign } from "./placing";
import { whereAmI } from "./phone";
import { placedAt, type Work } from "./work";

interface Choice {
  work: Work;
  post: Post;
  /** the unit that stands there */
  held: string | null;
  metres: number | null;
}

function choicesOf(work: readonly Work[], here: Position | null): Choice[] {
  const all = work.flatMap((one) =>
    one.posts.map((post) => ({
      work: one,
      post,
      held: placedAt(one, post.post)?.unit ?? null,
      metres: here === null ? null : Math.round(apartM(here, post.position)),
    })),
  );
  return here === null ? all : all.sort((a, b) => (a.metres ?? 0) - (b.metres ?? 0));
}

function nameOf(choice: Choice): string {
  return `${choice.work.id}/${choice.post.post}`;
}

export function PostStep({ session, job, onJob, work, nowUs, refresh, onSignedOut }: StepProperties) {
  const { say } = useWords();
  const [here, setHere] = useState<Position | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const { busy, failure, run } = useDeed(onSignedOut);
  useEffect(() => void whereAmI().then(setHere), []);
  const choices = useMemo(() => (work === null ? null : choicesOf(work, here)), [work, here]);
  const taken = choices?.find((one) => nameOf(one) === chosen) ?? null;
  const unit = job.unit ?? "";
  const other = taken !== null && taken.held !== null && taken.held !== unit ? taken.held : null;

  const bind = (): void => {
    if (taken === null) return;
    void run(async () => {
      try {
        await placeAndSign(session, { work: taken.work, post: taken.post, job, minutes: null }, nowUs);
        onJob({ deployment: taken.work.id, post: taken.post.post, step: "aim", seenUs: null });
      } finally {
        refresh();
      }
    });
  };

  const deed = (): string => {
    if (taken === null) return say("mast.post.choose");
    if (busy) return say("mast.busy");
    return other === null ? say("mast.post.bind", { unit, post: taken.post.name }) : say("mast.post.swap", { other, unit });
  };
  return (
    <>
      <Question title={say("mast.post.title")}>
        {choices === null && <p>{say("mast.loading")}</p>}
        {choices?.length === 0 && (
          <div className="fz-mast__card" data-testid="mast-no-post">
            <p className="fz-mast__name">{say("mast.post.none")}</p>
            <p>{say("mast.post.noneHint")}</p>
          </div>
        )}
        <fieldset className="fz-mast__choices">
          <legend className="fz-unseen">{say("mast.post.title")}</legend>
          {choices?.map((one) => (
            <PostChoice key={nameOf(one)} choice={one} unit={unit} chosen={one === taken} onChoose={() => setChosen(nameOf(one))} />
          ))}
        </fieldset>
        {job.groups !== null && <UnitKey groups={job.groups} />}
        {other !== null && <p data-testid="mast-swap">{say("mast.post.swapHint", { other })}</p>}
        <Failed failure={failure} testid="mast-failed" />
      </Question>
      <Foot>
        <Button kind="primary" aria-disabled={taken === null || busy} onClick={bind} data-testid="mast-bind">
          {deed()}
        </Button>
      </Foot>
    </>
  );
}

function PostChoice({ choice, unit, chosen, onChoose }: { choice: Choice; unit: string; chosen: boolean; onChoose: () => void }) {
  const { say } = useWords();
  const { post, work, held, metres } = choice;
  const stands = held === null ? say("mast.post.free") : held === unit ? say("mast.post.own") : say("mast.post.held", { unit: held });
  const away = metres === null ? [] : [say("mast.post.away", { metres })];
  return (
    <label className="fz-mast__choice" data-testid={`mast-post-${post.post}`}>
      <input type="radio" name="post" checked={chosen} onChange={onChoose} />
      <span>
        <strong>{post.name}</strong>
        <span className="fz-mast__small">{[`${work.title} ${work.number}`, stands, ...away].join(" · ")}</span>
      </span>
    </label>
  );
}
