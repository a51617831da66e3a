// SPDX-License-Identifier: EUPL-1.2
// The two hands: who signed and when, and who else may.
import type { Approver, DeploymentView, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { moment } from "../words/times";
import { waits } from "./api";

interface Properties {
  session: Session;
  view: DeploymentView;
  approvers: readonly Approver[];
  nowUs: number | null;
}

export function Signers({ session, view, approvers, nowUs }: Properties) {
  const { say, language } = useWords();
  const waiting = waits(view);
  const shown = approvers.filter((one) => waiting || view.signatures.some((signed) => signed.slot === one.slot));
  return (
    <section className="fz-card fz-panel" data-testid="signers">
      <h3 className="fz-panel__heading">{say("approving.sign.who")}</h3>
      <p className="fz-panel__muted">{say(view.signatures.length >= 2 ? "approving.holds" : "approving.two")}</p>
      <ul className="fz-card__list">
        {shown.map((one) => {
          const signed = view.signatures.find((each) => each.slot === one.slot);
          return (
            <li key={one.slot} className="fz-card__one" data-testid={`signer-${one.slot}`} data-signed={signed !== undefined}>
              <p className="fz-card__name">
                {one.person ?? one.name}
                {one.slot === session.slot && <span className="fz-card__you"> ({say("approving.sign.you")})</span>}
              </p>
              {signed ? (
                <p className="fz-card__able">
                  <Icon name="tick" size={13} />
                  {say("approving.sign.signedAt", { time: nowUs === null ? "" : moment(signed.at_us, nowUs, language) })}
                </p>
              ) : (
                <p className="fz-panel__muted">{say(one.state === "bound" ? "approving.sign.turn" : "approving.sign.cannot")}</p>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
