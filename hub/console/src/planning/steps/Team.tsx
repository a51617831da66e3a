// SPDX-License-Identifier: EUPL-1.2
// Who may place cameras and prolong filming under this plan: two operators at least, for a placement is signed by two.
// Whoever has no key yet cannot sign, and that is said here and not at the mast.
import type { TeamPerson } from "../../hub/types";
import { useWords } from "../../i18n/language";
import { Icon } from "../../parts/Icon";
import type { Desk } from "../desk";
import { wrongWith, Wrong } from "../fields";

function People({ desk, role, label, hint }: { desk: Desk; role: "operators" | "installers"; label: string; hint: string }) {
  const { say } = useWords();
  const team = desk.body.team ?? { operators: [], installers: [] };
  const chosen = team[role];
  const known = desk.known.people.filter((one) => one.role === (role === "operators" ? "operator" : "installer"));
  const gone = chosen.filter((name) => !known.some((one) => one.name === name));
  const all: Pick<TeamPerson, "name" | "display" | "fingerprint">[] = [...known, ...gone.map((name) => ({ name, display: name, fingerprint: null }))];
  const wrong = wrongWith(desk.findings, `team.${role}`);
  return (
    <fieldset className={wrong ? "fz-choice fz-field--wrong" : "fz-choice"} disabled={desk.locked}>
      <legend className="fz-choice__label">{label}</legend>
      <p className="fz-field__hint">{hint}</p>
      {wrong !== null && <Wrong says={wrong} />}
      {all.length === 0 && <p className="fz-field__hint">{say("planning.team.nobody")}</p>}
      <div className="fz-choice__options">
        {all.map((one) => (
          <label key={one.name} className="fz-choice__option">
            <input
              type="checkbox"
              checked={chosen.includes(one.name)}
              data-testid={`team-${one.name}`}
              onChange={(event) => {
                const others = chosen.filter((name) => name !== one.name);
                desk.edit({ team: { ...team, [role]: event.target.checked ? [...others, one.name] : others } }, "team");
              }}
            />
            <span>
              <span className="fz-choice__title">{one.display}</span>
              <span className="fz-choice__says">
                {one.fingerprint === null ? (
                  <span className="fz-team__keyless">
                    <Icon name="warning" size={13} /> {say("planning.team.noKey")}
                  </span>
                ) : (
                  say("planning.team.key", { key: one.fingerprint.slice(0, 12) })
                )}
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Team({ desk }: { desk: Desk }) {
  const { say } = useWords();
  return (
    <div className="fz-form">
      <People desk={desk} role="operators" label={say("planning.team.operators")} hint={say("planning.team.operatorsHint")} />
      <People desk={desk} role="installers" label={say("planning.team.installers")} hint={say("planning.team.installersHint")} />
    </div>
  );
}
