// SPDX-License-Identifier: EUPL-1.2
// What is said beside a decision, to weigh before one signs it: the hub's warnings about its plan, and what its planner
// wrote of what else was weighed. None of it is in the bytes that are signed, and that is said.
import type { DeploymentPage } from "../hub/types";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";

export function Beside({ warnings, alternatives }: Pick<DeploymentPage, "warnings" | "alternatives">) {
  const { say } = useWords();
  if (warnings.length === 0 && alternatives === null) return null;
  return (
    <section className="fz-card fz-beside" data-testid="beside" aria-labelledby="beside">
      <h3 className="fz-panel__heading" id="beside">
        {say("approving.beside.heading")}
      </h3>
      <p className="fz-panel__muted">{say("approving.beside.unsigned")}</p>
      {warnings.length > 0 && (
        <>
          <h4>{say("approving.beside.warnings", { count: warnings.length })}</h4>
          <ul className="fz-beside__list">
            {warnings.map((one, n) => (
              <li key={n} className="fz-beside__one" data-testid="warning" data-rule={one.rule} data-kind={one.kind}>
                <Icon name="triangle" size={14} />
                <p>
                  <strong>{one.title}.</strong> {one.detail} <span className="fz-panel__muted">{one.rule}</span>
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
      {alternatives !== null && (
        <>
          <h4>{say("approving.beside.alternatives")}</h4>
          <blockquote className="fz-beside__said" data-testid="alternatives">
            {alternatives}
          </blockquote>
        </>
      )}
    </section>
  );
}
