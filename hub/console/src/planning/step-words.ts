// SPDX-License-Identifier: EUPL-1.2
// What the steps of a plan are called.
import { useWords } from "../i18n/language";
import type { Step } from "./steps";

/** What is still to be filled in, by the hub's name of the field. */
export function useFieldWords(): (field: string | null) => string {
  const { say } = useWords();
  const words: Record<string, string> = {
    designation: say("planning.ground.designation"),
    necessity: say("planning.ground.necessity"),
    windows: say("planning.step.window"),
    posts: say("planning.step.posts"),
    entries: say("planning.area.entryList"),
    recording: say("planning.settings.recording"),
    on_link_loss: say("planning.settings.linkLoss"),
    "urgent.mandate_holder": say("planning.urgent.who"),
    "urgent.reason": say("planning.urgent.why"),
  };
  return (field) => words[field ?? ""] ?? field ?? "";
}

export function useStepWords(): (step: Step) => string {
  const { say } = useWords();
  const words: Record<Step, string> = {
    ground: say("planning.step.ground"),
    area: say("planning.step.area"),
    posts: say("planning.step.posts"),
    window: say("planning.step.window"),
    settings: say("planning.step.settings"),
    team: say("planning.step.team"),
    check: say("planning.step.check"),
  };
  return (step) => words[step];
}
