// SPDX-License-Identifier: EUPL-1.2
// Something went wrong or ended: what, and what still works. Read out when it appears.
import { Icon } from "./Icon";
import "./notice.css";

interface Properties {
  title: string;
  hint: string;
  tone: "lost" | "slow";
  testid: string;
  reason?: string;
}

export function Notice({ title, hint, tone, testid, reason }: Properties) {
  return (
    <div className={`fz-notice fz-notice--${tone}`} role="alert" data-testid={testid} data-reason={reason}>
      <Icon name="warning" size={18} />
      <div>
        <p className="fz-notice__title">{title}</p>
        <p className="fz-notice__hint">{hint}</p>
      </div>
    </div>
  );
}
