// SPDX-License-Identifier: EUPL-1.2
// What a task says: what it is, why it is one's own, and the deed on its button.
import type { Language, Say } from "../i18n/language";
import { nameOf } from "../planning/duty-names";
import { moment } from "../words/times";
import type { Task } from "./api";

export interface TaskWords {
  title: string;
  body: string;
  deed: string;
  due: { words: string; late: boolean } | null;
}

const words = {
  "place-cameras": ["overview.task.placeTitle", "overview.task.placeBody", "overview.task.placeDo"],
  "confirm-aiming": ["overview.task.aimingTitle", "overview.task.aimingBody", "overview.task.aimingDo"],
  "confirm-assignment": ["overview.task.assignmentTitle", "overview.task.assignmentBody", "overview.task.assignmentDo"],
  "confirm-unit": ["overview.task.unitTitle", "overview.task.unitBody", "overview.task.unitDo"],
  duty: ["overview.task.dutyTitle", "overview.task.dutyBody", "overview.task.dutyDo"],
  "sign-missing": ["overview.task.signTitle", "overview.task.signBody", "overview.task.signDo"],
  "confirm-necessity": ["overview.task.necessityTitle", "overview.task.necessityBody", "overview.task.necessityDo"],
  "plan-returned": ["overview.task.returnedTitle", "overview.task.returnedBody", "overview.task.returnedDo"],
} as const;

export function taskWords(task: Task, nowUs: number, say: Say, language: Language): TaskWords {
  const time = (us: number | null): string => (us === null ? "" : moment(us, nowUs, language));
  const facts = { number: task.number ?? "", title: task.title, what: task.kind === "duty" ? nameOf(task.what ?? "", say) : (task.what ?? ""), name: task.who ?? "", time: time(task.who_at_us) };
  const late = task.due_us !== null && task.due_us < nowUs;
  const due = task.due_us === null ? null : { words: say(late ? "overview.overdue" : "overview.before", { time: time(task.due_us) }), late };
  if (task.kind === "sign-decision") {
    const body = task.who === null ? say("overview.task.decisionFirst") : say("overview.task.decisionSecond", facts);
    const opens = due && { words: say(late ? "overview.openedAt" : "overview.opensAt", { time: time(task.due_us) }), late };
    return { title: say("overview.task.decisionTitle", facts), body, deed: say("overview.task.decisionDo"), due: opens };
  }
  const [title, body, deed] = words[task.kind];
  return { title: say(title, facts), body: say(body, facts), deed: say(deed), due };
}
