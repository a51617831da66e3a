// SPDX-License-Identifier: EUPL-1.2
// The overview: what films and what only might, who approved, what waits and until when, and what is wrong.
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { withHeard } from "../src/hub/session";
import type { Filming, Session } from "../src/hub/types";
import type { Say } from "../src/i18n/language";
import type { Task } from "../src/overview/api";
import { FilmsNow } from "../src/overview/FilmsNow";
import { taskWords } from "../src/overview/task-words";
import { alarmWords } from "../src/pages/alarm-words";
import { alarm, camera, filming, HOUR_US, NOW_US, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

let dutch: Say;
let english: Say;
beforeAll(async () => {
  ({ dutch, english } = await words());
});

const session: Session = { name: "planner", display: "M. Voorbeeld", role: "operator", demo: true, slot: null, key: null };
const nothing = (): void => undefined;
const card = (change: Partial<Filming>): string =>
  renderToStaticMarkup(<FilmsNow filming={filming(change)} session={session} hubAnswers nowUs={NOW_US} onChange={nothing} onSignedOut={nothing} />);

describe("a deployment whose window is open", () => {
  test("names who approved it", () => {
    expect(card({})).toContain("Goedgekeurd door J. Verzonnen en S. Denkbeeld.");
  });

  test("does not deny the recording that was signed, where nothing films yet", () => {
    const waits = [camera({ doing: "waiting", recording: false })];
    expect(card({ cameras: waits })).toContain("Neemt op zodra hij filmt");
    expect(card({ cameras: [] })).not.toContain("Geen opname");
    expect(card({ cameras: waits, recording_mode: "none" })).toContain("Geen opname");
    expect(card({})).toContain("Opname doorlopend");
  });

  test("shows an open seal only where a camera films", () => {
    expect(card({})).toContain('data-films="true"');
    const bare = card({ cameras: [] });
    expect(bare).toContain('data-films="false"');
    expect(bare).toContain("Er is geen camera geplaatst.");
  });
});

describe("what is wrong", () => {
  test("names the posts of a window that is open, or about to, and where nothing is placed", () => {
    const bare = { kind: "posts-unplaced", number: "2026-041", name: "Voorbeeldplein", count: 2, posts: ["Podium", "Ingang"] } as const;
    const open = alarmWords(alarm({ ...bare, posts: [...bare.posts], since_us: NOW_US }), NOW_US, dutch, "nl");
    expect(open.title).toBe("2026-041 Voorbeeldplein: venster open, 2 posten zonder camera");
    expect(open.body).toContain("Podium en Ingang");
    const soon = alarmWords(alarm({ ...bare, posts: [...bare.posts], since_us: NOW_US + HOUR_US / 4 }), NOW_US, english, "en");
    expect(soon.title).toBe("2026-041 Voorbeeldplein: opens at 14:38, 2 posts without a camera");
    expect(soon.since).toBeNull();
  });

  test("names a unit that is not ready, and by what", () => {
    const unready = { kind: "unit-not-ready", unit: "unit-2", number: "2026-041" } as const;
    const said = alarmWords(alarm({ ...unready, checks: ["clock", "disk"] }), NOW_US, english, "en");
    expect(said.title).toBe("UNIT-2 is not ready for 2026-041");
    expect(said.body).toBe("To see to: clock and storage.");
    expect(alarmWords(alarm({ ...unready, checks: ["report"] }), NOW_US, english, "en").body).toContain("It has not said how it is.");
  });
});

describe("what waits", () => {
  const task = (change: Partial<Task>): Task => ({
    kind: "sign-decision", deployment: "d", number: "2026-041", title: "Voorbeeldplein", link: "/", what: null, who: null, who_at_us: null, since_us: NOW_US, due_us: null, ...change,
  });

  test("says of a decision when its window opens, and that it did", () => {
    expect(taskWords(task({ due_us: NOW_US + HOUR_US }), NOW_US, english, "en").due).toEqual({ words: "window opens 15:23", late: false });
    expect(taskWords(task({ due_us: NOW_US - HOUR_US }), NOW_US, english, "en").due).toEqual({ words: "window open since 13:23", late: true });
  });

  test("calls a test picture no placement", () => {
    const title = (kind: Task["kind"]): string => taskWords(task({ kind, what: "Lantaarnpaal 23" }), NOW_US, english, "en").title;
    expect(title("confirm-aiming")).toBe("Test picture Lantaarnpaal 23");
    expect(title("confirm-assignment")).toBe("Placement Lantaarnpaal 23");
  });
});

test("a key that was just made is known of who is signed in, and of nobody else", () => {
  const state = { at: "in", session } as const;
  expect(withHeard(state, { ...session, key: "aa" })).toEqual({ at: "in", session: { ...session, key: "aa" } });
  expect(withHeard(state, { ...session })).toBe(state);
  expect(withHeard(state, { ...session, name: "other", key: "bb" })).toBe(state);
  expect(withHeard({ at: "out", why: "ended" }, session)).toEqual({ at: "out", why: "ended" });
});
