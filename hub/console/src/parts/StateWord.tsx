// SPDX-License-Identifier: EUPL-1.2
// A state as shape and word. Colour goes along for what is alive; what is not now has none.
import { Icon, type IconName } from "./Icon";
import "./state-word.css";

export type Tone = "live" | "slow" | "stale" | "lost" | "recording" | "off";

const icons: Record<Tone, IconName> = {
  live: "disc",
  slow: "triangle",
  stale: "bars",
  lost: "cross",
  recording: "ring",
  off: "square",
};

export function StateWord({ tone, word, icon }: { tone: Tone; word: string; icon?: IconName }) {
  return (
    <span className={`fz-state-word fz-state-word--${tone}`}>
      <Icon name={icon ?? icons[tone]} size={13} />
      {word}
    </span>
  );
}
