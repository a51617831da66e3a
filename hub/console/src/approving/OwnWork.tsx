// SPDX-License-Identifier: EUPL-1.2
// Who planned it cannot sign it (R10): why, that nothing changed, who can, and the link to send them.
import { useState } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { clockSeconds } from "../words/times";

interface Properties {
  /** who can sign now, and when they last tried */
  able: readonly { name: string; tried: string }[];
  nowUs: number | null;
}

export function OwnWork({ nowUs }: Pick<Properties, "nowUs">) {
  const { say, language } = useWords();
  return (
    <section className="fz-own-work" role="alert" data-testid="refused-own">
      <h2 className="fz-own-work__title">{say("approving.refused.own")}</h2>
      <p>{say("approving.refused.ownBody")}</p>
      {nowUs !== null && <p className="fz-own-work__rule">{say("approving.refused.rule", { rule: "R10", time: clockSeconds(nowUs, language) })}</p>}
    </section>
  );
}

/** Who can sign instead, and how to reach them with it. */
export function WhoCan({ able }: Pick<Properties, "able">) {
  const { say } = useWords();
  const [copied, setCopied] = useState<"copied" | "copyFailed" | null>(null);
  const link = window.location.href;

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      setCopied("copied");
    } catch (refused) {
      console.info("this browser does not copy", refused);
      setCopied("copyFailed");
    }
  }

  return (
    <section className="fz-card fz-panel">
      <h3 className="fz-panel__heading">{say("approving.refused.can")}</h3>
      <p className="fz-panel__muted">
        {able.length === 0 ? say("approving.refused.canNobody") : say("approving.refused.canWho", { count: able.length })}
      </p>
      <ul className="fz-card__list">
        {able.map((one) => (
          <li key={one.name} className="fz-card__one" data-testid="who-can">
            <p className="fz-card__name">{one.name}</p>
            <p className="fz-panel__muted">{one.tried}</p>
          </li>
        ))}
      </ul>
      {able.length > 0 && (
        <Button kind="primary" onClick={() => void copy()} data-testid="copy-link">
          {say("approving.refused.copy")}
        </Button>
      )}
      <p role="status">{copied !== null && say(`approving.refused.${copied}`, { link })}</p>
    </section>
  );
}
