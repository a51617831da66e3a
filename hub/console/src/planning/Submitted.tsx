// SPDX-License-Identifier: EUPL-1.2
// A plan that lies with those who sign: who did, whom to call, and how it comes back.
import type { Approver, DeploymentView } from "../hub/types";
import { useCallback } from "react";
import { useAsked } from "../hub/asking";
import { useWords } from "../i18n/language";
import { Icon } from "../parts/Icon";
import { clockSeconds } from "../words/times";
import { planning } from "./api";
import "./urgent.css";

interface Lies {
  deployment: DeploymentView;
  approvers: Approver[];
}

/** Those who signed, then those who can while it takes more. */
export function Hands({ signatures, approvers }: { signatures: NonNullable<DeploymentView["signatures"]>; approvers: readonly Approver[] }) {
  const { say, language } = useWords();
  const can = approvers.filter((one) => one.state === "bound" && !signatures.some((signed) => signed.slot === one.slot));
  return (
    <ul className="fz-rows">
      {signatures.map((one) => (
        <li key={one.slot} className="fz-urgent__signer" data-testid="has-signed">
          <Icon name="tick" size={16} /> <strong>{one.name}</strong> {clockSeconds(one.at_us, language)}
        </li>
      ))}
      {signatures.length < 2 &&
        can.map((one) => (
          <li key={one.slot} className="fz-urgent__signer fz-urgent__signer--can" data-testid="can-sign">
            <Icon name="clock" size={16} /> {say("planning.urgent.canSign", { name: one.person ?? one.name })}
          </li>
        ))}
    </ul>
  );
}

export function Submitted({ deployment, onSignedOut, onMoved }: { deployment: string; onSignedOut: () => void; onMoved: () => Promise<void> }) {
  const { say } = useWords();
  const question = useCallback(async (): Promise<Lies> => {
    const [found, approvers] = await Promise.all([planning.deployment(deployment), planning.approvers()]);
    // Signed by two, or sent back: the plan itself is another than it was.
    if (found.decision?.log_index !== null) await onMoved();
    return { deployment: found, approvers };
  }, [deployment, onMoved]);
  const { answer } = useAsked(question, ["deployments", "people"], onSignedOut);
  const signatures = answer?.deployment.signatures ?? [];
  return (
    <section className="fz-form fz-submitted" data-testid="submitted" data-signed={signatures.length}>
      {answer !== null && (
        <>
          <p role="status">
            <strong>{say("planning.urgent.signed", { count: signatures.length })}</strong> {signatures.length < 2 && say("planning.urgent.waitHint")}
          </p>
          <Hands signatures={signatures} approvers={answer.approvers} />
        </>
      )}
      <p className="fz-field__hint">{say("planning.submitted.back")}</p>
    </section>
  );
}
