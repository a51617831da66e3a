// SPDX-License-Identifier: EUPL-1.2
// Somebody else wrote in this plan first: who, when and what, and one's own edit beside it, which can be laid over theirs.
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { clockSeconds } from "../words/times";
import type { Kept } from "./kept";
import { changesOf, contested, type Changed, type Draft } from "./merging";
import type { Editing, Saver } from "./saving";
import { stepOf, STEPS } from "./steps";
import { useStepWords } from "./step-words";

interface Properties {
  saver: Saver;
  editing: Editing;
  named: (account: string) => string;
}

function useChangeWords(): (changes: readonly Changed[]) => string {
  const word = useStepWords();
  return (changes) => {
    const steps = new Set(changes.map((one) => stepOf(one)));
    return STEPS.filter((step) => steps.has(step)).map(word).join(", ");
  };
}

export function Asides({ saver, editing, named }: Properties) {
  const { say, language } = useWords();
  const words = useChangeWords();
  const { overtaken, asides, history, plan } = editing;
  if (asides.length === 0) return null;
  const theirs: Draft = { title: plan.title, body: plan.body };
  return (
    <div className="fz-aside" role="alert" data-testid="aside">
      <Icon name="warning" size={18} />
      <div className="fz-aside__text">
        {overtaken !== null && (
          <p className="fz-aside__lead" data-testid="overtaken">
            {say("planning.aside.overtaken", {
              who: named(overtaken.by),
              time: clockSeconds(overtaken.atUs, language),
              what: words(changesOf(overtaken.base, theirs)),
            })}
          </p>
        )}
        {asides.map((aside, n) => (
          <AsideLine key={n} aside={aside} now={history.present} words={words} saver={saver} locked={plan.state !== "editing"} />
        ))}
      </div>
    </div>
  );
}

function AsideLine({ aside, now, words, saver, locked }: { aside: Kept; now: Draft; words: (changes: readonly Changed[]) => string; saver: Saver; locked: boolean }) {
  const { say } = useWords();
  const both = contested(aside.base, aside.mine, now);
  return (
    <div className="fz-aside__line">
      <p>
        {say("planning.aside.kept", { what: words(changesOf(aside.base, aside.mine)) })}{" "}
        {both.length > 0 && <strong>{say("planning.aside.both", { what: words(both) })}</strong>}
      </p>
      <div className="fz-aside__deeds">
        {!locked && (
          <Button kind="secondary" data-testid="lay-over" onClick={() => saver.layOver(aside)}>
            {say("planning.aside.layOver")}
          </Button>
        )}
        <Button kind="quiet" data-testid="drop-aside" onClick={() => saver.drop(aside)}>
          {say("planning.aside.drop")}
        </Button>
      </div>
    </div>
  );
}
