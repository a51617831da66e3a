// SPDX-License-Identifier: EUPL-1.2
// How sharp at least and at most, whether anything is recorded and why, how long it is kept, and what a camera does
// when its line breaks: asked, not assumed.
import { useWords } from "../../i18n/language";
import { TextArea } from "../../parts/TextArea";
import type { Desk } from "../desk";
import { Choice, Figure, Pick, wrongWith } from "../fields";
import type { Recording } from "../types";

export const GRACE_S = 3600;
export const HOUR_S = 3600;
const FLOORS = [20, 40, 80, 125] as const;
const CEILINGS = [80, 125, 250, 500] as const;

export function useLevelWords(): (level: number) => string {
  const { say } = useWords();
  const words: Record<number, string> = {
    20: say("planning.level.overview"),
    40: say("planning.level.outline"),
    80: say("planning.level.discern"),
    125: say("planning.level.perceive"),
    250: say("planning.level.characterize"),
    500: say("planning.level.validate"),
    1500: say("planning.level.scrutinize"),
  };
  return (level) => words[level] ?? "";
}

function levels(known: readonly number[], now: number, word: (level: number) => string): { value: string; title: string }[] {
  const all = known.includes(now) ? known : [...known, now].sort((a, b) => a - b);
  return all.map((level) => ({ value: String(level), title: `${level} px/m  ${word(level)}`.trim() }));
}

export function Settings({ desk }: { desk: Desk }) {
  const { say } = useWords();
  const word = useLevelWords();
  const { body, known, locked, findings } = desk;
  const regime = known.regimes.find((one) => one.regime === body.regime) ?? null;
  const most = regime?.retention_ceiling_h ?? 672;
  const hours = body.retention_h ?? regime?.retention_h ?? 168;
  const choices: { value: Recording; title: string; says: string }[] = [
    { value: "none", title: say("planning.settings.none"), says: say("planning.settings.noneSays") },
    { value: "continuous", title: say("planning.settings.continuous"), says: say("planning.settings.continuousSays") },
  ];
  if (body.recording === "on_reason") {
    choices.push({ value: "on_reason", title: say("planning.settings.onReason"), says: say("planning.settings.onReasonSays") });
  }
  return (
    <div className="fz-form">
      <div className="fz-term__ends">
        <Pick
          label={say("planning.settings.floor")}
          hint={say("planning.settings.floorHint")}
          value={String(desk.floor)}
          options={levels(FLOORS, desk.floor, word)}
          disabled={locked}
          testid="floor"
          onValue={(value) => desk.edit({ floor_px_per_m: Number(value) }, "floor")}
        />
        <Pick
          label={say("planning.settings.ceiling")}
          hint={say("planning.settings.ceilingHint")}
          value={String(desk.ceiling)}
          options={levels(CEILINGS, desk.ceiling, word)}
          disabled={locked}
          testid="ceiling"
          onValue={(value) => desk.edit({ ceiling_px_per_m: Number(value) }, "ceiling")}
        />
      </div>
      <Choice
        label={say("planning.settings.recording")}
        options={choices}
        value={body.recording ?? null}
        wrong={wrongWith(findings, "recording")}
        disabled={locked}
        testid="recording"
        onValue={(recording) => desk.edit({ recording }, "recording")}
      />
      {body.recording != null && body.recording !== "none" && (
        <TextArea
          label={say("planning.settings.reason")}
          hint={say("planning.settings.reasonHint")}
          value={body.recording_reason ?? ""}
          maxLength={500}
          rows={2}
          disabled={locked}
          wrong={wrongWith(findings, "recording_reason")}
          data-testid="recording-reason"
          onChange={(event) => desk.edit({ recording_reason: event.target.value }, "recording reason")}
        />
      )}
      {body.recording !== "none" && (
        <div>
          <Figure
            label={say("planning.settings.retention")}
            unit={say("planning.unit.hours")}
            value={hours}
            digits={0}
            low={1}
            high={100_000}
            disabled={locked}
            testid="retention"
            onValue={(value) => desk.edit({ retention_h: Math.round(value) }, "retention")}
          />
          <p className={hours > most ? "fz-field__wrong" : "fz-field__hint"} data-testid="retention-says">
            {hours > most
              ? say("planning.settings.tooLong", { most })
              : say("planning.settings.retentionSays", { days: Math.floor(hours / 24), hours: hours % 24, most })}
          </p>
        </div>
      )}
      <Choice
        label={say("planning.settings.linkLoss")}
        hint={say("planning.settings.linkLossHint")}
        options={[
          { value: "record", title: say("planning.settings.record"), says: say("planning.settings.recordSays") },
          { value: "stop", title: say("planning.settings.stop"), says: say("planning.settings.stopSays") },
        ]}
        value={body.on_link_loss ?? null}
        wrong={wrongWith(findings, "on_link_loss")}
        disabled={locked}
        testid="link-loss"
        onValue={(on_link_loss) => desk.edit({ on_link_loss }, "link loss")}
      />
      {body.on_link_loss === "record" && (
        <Figure
          label={say("planning.settings.grace")}
          unit={say("planning.unit.hours")}
          value={(body.offline_grace_s ?? GRACE_S) / HOUR_S}
          digits={1}
          low={0}
          high={12}
          disabled={locked}
          testid="grace"
          onValue={(value) => desk.edit({ offline_grace_s: Math.round(value * HOUR_S) }, "grace")}
        />
      )}
    </div>
  );
}
