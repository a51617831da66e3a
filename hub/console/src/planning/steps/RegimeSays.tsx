// SPDX-License-Identifier: EUPL-1.2
// What follows from a regime: who answers for the pictures, who may watch and look back, who reviews.
import { useWords } from "../../i18n/language";
import type { Regime } from "../types";

const roles = ["operator", "approver", "installer", "viewer"] as const;

export function RegimeSays({ regime }: { regime: Regime }) {
  const { say } = useWords();
  const words: Record<string, string> = {
    operator: say("planning.role.operator"),
    approver: say("planning.role.approver"),
    installer: say("planning.role.installer"),
    viewer: say("planning.role.viewer"),
  };
  const named = (found: readonly string[]): string =>
    found.length === 0 ? say("planning.role.nobody") : roles.filter((one) => found.includes(one)).map((one) => words[one]).join(", ");
  const rows = [
    [say("planning.regime.controller"), regime.controller],
    [say("planning.regime.live"), named(regime.live)],
    [say("planning.regime.replay"), named(regime.replay)],
    [say("planning.regime.review"), regime.review],
    [say("planning.regime.kept"), say("planning.hours", { count: regime.retention_h })],
  ] as const;
  return (
    <span className="fz-follows">
      {rows.map(([name, value]) => (
        <span key={name} className="fz-follows__row">
          <span className="fz-follows__name">{name}</span> <span>{value}</span>
        </span>
      ))}
    </span>
  );
}
