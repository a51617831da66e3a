// SPDX-License-Identifier: EUPL-1.2
// Everything that the hub has to say of the plan, each with the way to where it is mended; then the plan in plain rows,
// as those who sign will read it, and the one deed: putting it to them.
import { useWords } from "../../i18n/language";
import { Icon } from "../../parts/Icon";
import { grouped } from "../../words/numbers";
import { instantMinutes } from "../../words/times";
import type { Checks, Desk } from "../desk";
import { decimal } from "../fields";
import { FindingLine } from "../Rail";
import type { Step } from "../steps";
import { GRACE_S, HOUR_S } from "./Settings";
import { OVERRUN } from "./Window";

interface Properties {
  desk: Desk;
  checks: Checks;
  named: (account: string) => string;
  goTo: (step: Step) => void;
}

/** How long and how far, as policy has it where the plan says nothing: so it reads as what will be signed. */
function useTermWords({ body, known }: Desk): { prolonged: string; keptFor: string; linkLoss: string } {
  const { say } = useWords();
  const { times, minutes } = body.overrun ?? OVERRUN;
  const prolonged = times === 0 || minutes === 0 ? say("planning.settings.prolongedNot") : say("planning.settings.prolonged", { count: times, minutes });
  const hours = body.retention_h ?? known.regimes.find((one) => one.regime === body.regime)?.retention_h;
  const kept = hours === undefined ? "" : say("planning.settings.keptFor", { count: hours });
  const keptFor = body.recording === "none" ? say("planning.settings.keptNothing") : kept;
  const grace = decimal((body.offline_grace_s ?? GRACE_S) / HOUR_S, 1).replace(/[.,]0$/, "");
  const broken = { record: say("planning.settings.goesOn", { grace }), stop: say("planning.settings.stopSays") };
  const linkLoss = body.on_link_loss == null ? "" : broken[body.on_link_loss];
  return { prolonged, keptFor, linkLoss };
}

export function Check({ desk, checks, named, goTo }: Properties) {
  const { say, language } = useWords();
  const { body, findings, counting } = desk;
  const { fresh, failure } = checks;
  const refusals = findings.filter((one) => one.severity === "refuse");
  const warnings = findings.filter((one) => one.severity === "warn");
  const designation = desk.known.designations.find((one) => one.id === body.designation);
  const recording = {
    none: say("planning.settings.none"),
    on_reason: say("planning.settings.onReason"),
    continuous: say("planning.settings.continuous"),
  };
  const { prolonged, keptFor, linkLoss } = useTermWords(desk);
  const rows: [Step, string, string][] = [
    ["ground", say("planning.ground.designation"), designation?.name ?? ""],
    ["ground", say("planning.ground.necessity"), body.necessity ?? ""],
    ["posts", say("planning.step.posts"), (body.posts ?? []).map((one) => one.name).join(", ")],
    ["window", say("planning.step.window"), (body.windows ?? []).map((one) => `${instantMinutes(one.from_us ?? desk.nowUs, language)} – ${instantMinutes(one.to_us, language)}`).join("; ")],
    ["window", say("planning.window.overrun"), prolonged],
    ["settings", say("planning.settings.recording"), body.recording ? recording[body.recording] : ""],
    ["settings", say("planning.settings.retention"), keptFor],
    ["settings", say("planning.settings.linkLoss"), linkLoss],
    ["team", say("planning.step.team"), [...(body.team?.operators ?? []), ...(body.team?.installers ?? [])].map(named).join(", ")],
  ];
  return (
    <div className="fz-form" data-testid="check" data-fresh={fresh}>
      {!desk.locked && (
        <>
          <p className={refusals.length === 0 && fresh ? "fz-check__verdict fz-check__verdict--fine" : "fz-check__verdict"} role="status" data-testid="verdict" data-refusals={refusals.length}>
            <Icon name={!fresh ? (failure === null ? "clock" : "warning") : refusals.length === 0 ? "tick" : "warning"} size={20} />
            {!fresh ? say(failure === null ? "planning.check.busy" : "planning.check.unchecked") : refusals.length === 0 ? say("planning.check.fine") : say("planning.check.wrong", { count: refusals.length })}
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
