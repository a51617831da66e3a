// SPDX-License-Identifier: EUPL-1.2
// What each screen at the mast is made of: how far one is, one question, and at the bottom the one thing to do.
import type { ReactNode } from "react";
import { useWords } from "../i18n/language";
import { STEPS, type Step } from "./kept";

export function Progress({ step }: { step: Step }) {
  const { say } = useWords();
  const at = STEPS.indexOf(step);
  return (
    <ol className="fz-mast__progress" aria-label={say("mast.step", { nth: at + 1, of: STEPS.length })}>
      {STEPS.map((one, n) => (
        <li key={one} className="fz-mast__bar" data-state={n < at ? "done" : n === at ? "now" : "ahead"} aria-current={n === at ? "step" : undefined} />
      ))}
    </ol>
  );
}

export function Question({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className="fz-mast__question">
      <h2 className="fz-mast__title">{title}</h2>
      {lead && <p className="fz-mast__lead">{lead}</p>}
      {children}
    </section>
  );
}

/** A unit's key, as it stands on its label. */
export function UnitKey({ groups }: { groups: readonly string[] }) {
  const { say } = useWords();
  return (
    <div>
      <p className="fz-mast__small">{say("mast.unit.groups")}</p>
      <p className="fz-mast__groups" data-testid="mast-groups">
        {groups.map((group, place) => (
          <span key={place}>{group}</span>
        ))}
      </p>
    </div>
  );
}

/** Stays at the bottom, in reach of a thumb. */
export function Foot({ children }: { children: ReactNode }) {
  return <div className="fz-mast__foot">{children}</div>;
}
