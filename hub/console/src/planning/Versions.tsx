// SPDX-License-Identifier: EUPL-1.2
// Older versions of a plan: who wrote which when, and taking one back, as a new version on top.
import { useCallback } from "react";
import { useAsked } from "../hub/asking";
import { useDeed } from "../hub/deed";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failed, Offline } from "../parts/Failed";
import { instant } from "../words/times";
import { planning } from "./api";
import type { Saver } from "./saving";
import type { Plan } from "./types";

interface Properties {
  plan: Plan;
  saver: Saver;
  named: (account: string) => string;
  locked: boolean;
  onClose: () => void;
  onSignedOut: () => void;
}

export function Versions({ plan, saver, named, locked, onClose, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const question = useCallback(() => planning.versions(plan.id), [plan.id]);
  const { answer: versions, offline } = useAsked(question, ["plans"], onSignedOut);
  const { busy, failure, run } = useDeed(onSignedOut);
  const take = (version: number): void =>
    void run(async () => {
      const { title, body } = await planning.version(plan.id, version);
      saver.change({ title, body }, `version ${version}`);
      onClose();
    });
  return (
    <Dialog title={say("planning.versions.title")} testid="versions" onClose={onClose}>
      <p className="fz-field__hint">{say("planning.versions.hint")}</p>
      {offline && <Offline testid="versions-offline" />}
      <Failed failure={failure} testid="versions-failed" />
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
                <Button kind="secondary" aria-disabled={busy} data-testid={`take-version-${one.version}`} onClick={() => take(one.version)}>
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
