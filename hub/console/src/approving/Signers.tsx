// SPDX-License-Identifier: EUPL-1.2
// The two hands: who signed and when, and who else may.
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import type { ApproverStatus } from "../people/api";
import { moment } from "../words/times";
import { waits, type DeploymentView } from "./api";

interface Properties {
  session: Session;
  view: DeploymentView;
  approvers: readonly ApproverStatus[];
  nowUs: number | null;
}

export function Signers({ session, view, approvers, nowUs }: Properties) {
  const { say, language } = useWords();
  const waiting = waits(view);
  const shown = approvers.filter((one) => waiting || view.signatures.some((signed) => signed.slot === one.slot));
  return (
    <section className="fz-panel" data-testid="signers">
      <h3 className="fz-panel__heading">{say("approving.sign.who")}</h3>
      <p className="fz-panel__muted">{say(view.signatures.length >= 2 ? "approving.holds" : "approving.two")}</p>
      <ul className="fz-people__list">
        {shown.map((one) => {
          const signed = view.signatures.find((each) => each.slot === one.slot);
          return (
            <li key={one.slot} className="fz-people__one" data-testid={`signer-${one.slot}`} data-signed={signed !== undefined}>
              <p className="fz-people__name">
                {one.person ?? one.name}
                {one.slot === session.slot && <span className="fz-people__you"> ({say("approving.sign.you")})</span>}
              </p>
              {signed ? (
                <p className="fz-people__able">
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
