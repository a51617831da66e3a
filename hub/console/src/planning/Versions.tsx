// SPDX-License-Identifier: EUPL-1.2
// Older versions of a plan: who wrote which when, and taking one back, as a new version on top.
import { useEffect, useState } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { instant } from "../words/times";
import { planning } from "./api";
import type { Saver } from "./saving";
import type { Plan, PlanVersion } from "./types";

interface Properties {
  plan: Plan;
  saver: Saver;
  named: (account: string) => string;
  locked: boolean;
  onClose: () => void;
}

export function Versions({ plan, saver, named, locked, onClose }: Properties) {
  const { say, language } = useWords();
  const [versions, setVersions] = useState<PlanVersion[] | null>(null);
  const [failed, setFailed] = useState(false);
  const attempt = (question: Promise<void>): void => {
    question.catch((failure: unknown) => {
      if (!(failure instanceof HubUnreachableError || failure instanceof RefusedError)) throw failure;
      setFailed(true);
    });
  };
  useEffect(() => attempt(planning.versions(plan.id).then(setVersions)), [plan.id]);
  const take = (version: number): void =>
    attempt(
      planning.version(plan.id, version).then(({ title, body }) => {
        saver.change({ title, body }, `version ${version}`);
        onClose();
      }),
    );
  return (
    <Dialog title={say("planning.versions.title")} testid="versions" onClose={onClose}>
      <p className="fz-field__hint">{say("planning.versions.hint")}</p>
      {failed && <p role="alert">{say("planning.versions.failed")}</p>}
      <ul className="fz-versions">
        {(versions ?? []).map((one) => (
          <li key={one.version} className="fz-versions__row" data-testid="version">
            <span>
              <strong>{say("planning.version", { n: one.version })}</strong>
              <span className="fz-versions__by">
                {named(one.changed_by)} · {instant(one.changed_at_us, language)}
              </span>
            </span>
            {one.version === plan.version ? (
              <span className="fz-field__hint">{say("planning.versions.now")}</span>
            ) : (
              !locked && (
                <Button kind="secondary" data-testid={`take-version-${one.version}`} onClick={() => take(one.version)}>
                  {say("planning.versions.take", { n: one.version })}
                </Button>
              )
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
