// SPDX-License-Identifier: EUPL-1.2
// Everything that the hub has to say of the plan, each with the way to where it is mended; then the plan in plain rows,
// as those who sign will read it, and the one deed: putting it to them.
import { useWords } from "../../i18n/language";
import { Icon } from "../../parts/Icon";
import { grouped } from "../../words/numbers";
import { instant } from "../../words/times";
import type { Desk } from "../desk";
import { FindingLine } from "../Rail";
import type { Step } from "../steps";

interface Properties {
  desk: Desk;
  /** the hub has looked at this very version */
  fresh: boolean;
  named: (account: string) => string;
  goTo: (step: Step) => void;
}

export function Check({ desk, fresh, named, goTo }: Properties) {
  const { say, language } = useWords();
  const { body, findings, counting } = desk;
  const refusals = findings.filter((one) => one.severity === "refuse");
  const warnings = findings.filter((one) => one.severity === "warn");
  const designation = desk.known.designations.find((one) => one.id === body.designation);
  const recording = {
    none: say("planning.settings.none"),
    on_reason: say("planning.settings.onReason"),
    continuous: say("planning.settings.continuous"),
  };
  const rows: [Step, string, string][] = [
    ["ground", say("planning.ground.designation"), designation?.name ?? ""],
    ["ground", say("planning.ground.necessity"), body.necessity ?? ""],
    ["posts", say("planning.step.posts"), (body.posts ?? []).map((one) => one.name).join(", ")],
    ["window", say("planning.step.window"), (body.windows ?? []).map((one) => `${instant(one.from_us ?? desk.nowUs, language)} – ${instant(one.to_us, language)}`).join("; ")],
    ["settings", say("planning.settings.recording"), body.recording ? recording[body.recording] : ""],
    ["team", say("planning.step.team"), [...(body.team?.operators ?? []), ...(body.team?.installers ?? [])].map(named).join(", ")],
  ];
  return (
    <div className="fz-form" data-testid="check" data-fresh={fresh}>
      {!desk.locked && (
        <>
          <p className={refusals.length === 0 && fresh ? "fz-check__verdict fz-check__verdict--fine" : "fz-check__verdict"} role="status" data-testid="verdict" data-refusals={refusals.length}>
            <Icon name={!fresh ? "clock" : refusals.length === 0 ? "tick" : "warning"} size={20} />
            {!fresh ? say("planning.check.busy") : refusals.length === 0 ? say("planning.check.fine") : say("planning.check.wrong", { count: refusals.length })}
          </p>
          {refusals.length > 0 && (
            <ul className="fz-findings">
              {refusals.map((one, n) => (
                <FindingLine key={n} desk={desk} finding={one} goTo={goTo} />
              ))}
            </ul>
          )}
          {warnings.length > 0 && (
            <section>
              <h3 className="fz-rail__head">{say("planning.check.warnings")}</h3>
              <ul className="fz-findings">
                {warnings.map((one, n) => (
                  <FindingLine key={n} desk={desk} finding={one} goTo={goTo} />
                ))}
              </ul>
            </section>
          )}
        </>
      )}
      <dl className="fz-review">
        {rows.map(([step, name, value]) => (
          <div key={name} className="fz-review__row">
            <dt>{name}</dt>
            <dd>{value === "" ? <span className="fz-review__open">{say("planning.check.open")}</span> : value}</dd>
            <dd className="fz-review__deed">
              {!desk.locked && (
                <button type="button" className="fz-link fz-link--button" aria-label={say("planning.check.changeOf", { what: name })} onClick={() => goTo(step)}>
                  {say("planning.check.change")}
                </button>
              )}
            </dd>
          </div>
        ))}
        {counting.coverage !== null && (
          <div className="fz-review__row">
            <dt>{say("planning.rail.outside")}</dt>
            <dd>{say("planning.m2", { value: grouped(Math.round(counting.coverage.outside_m2)) })}</dd>
          </div>
        )}
      </dl>
      <p className="fz-field__hint">{say("planning.check.twoSign")}</p>
    </div>
  );
}
