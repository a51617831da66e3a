// SPDX-License-Identifier: EUPL-1.2
// A unit that wants to come in: its code as people type it, and its fingerprint as somebody reads it out.
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { inTwoGroups } from "../src/units/claim-code";
import { incoming, type Enrolment } from "../src/units/api";
import { doneWords } from "../src/units/done";
import { IncomingCard } from "../src/units/IncomingCard";
import { HOUR_US, NOW_US, words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

beforeAll(async () => {
  await words();
});

const waiting: Enrolment = {
  enrolment: "0".repeat(32),
  kind: "new",
  unit: "unit-4",
  camera: "camera-4",
  fingerprint: "f".repeat(64),
  groups: ["7KQF", "2Z9D", "MXAC", "0V1H", "8SD5"],
  state: "claimed",
  source_note: null,
  claimed_by: "jan",
  asked_at_us: NOW_US,
  until_us: NOW_US + 24 * HOUR_US,
};

function card(change: Partial<Enrolment>, first = true): string {
  const nothing = (): void => undefined;
  const one = { ...waiting, ...change };
  return renderToStaticMarkup(<IncomingCard one={one} nowUs={NOW_US} first={first} found={false} onChanged={nothing} onSignedOut={nothing} />);
}

describe("a claim code", () => {
  test("is put into its two groups while it is typed", () => {
    expect(["k", "k7qf2", "k7qf29", "K7QF2-9dmxa", "k7qf2 9dmxa and more"].map(inTwoGroups)).toEqual([
      "K",
      "K7QF2",
      "K7QF2-9",
      "K7QF2-9DMXA",
      "K7QF2-9DMXA",
    ]);
  });

  test("has what people misread put right", () => {
    expect(inTwoGroups("oil0i-lol10")).toBe("01101-10110");
  });

  test("can be mended at its end", () => {
    expect(inTwoGroups("K7QF2-")).toBe("K7QF2");
  });
});

test("who typed a code is called by their name", async () => {
  const answers: Record<string, unknown> = { "/v1/enrolments": [waiting], "/v1/people": [{ name: "jan", display: "F. Fictie" }] };
  vi.stubGlobal("fetch", async (path: string) => new Response(JSON.stringify(answers[path]), { headers: { "Content-Type": "application/json" } }));
  const [one] = await incoming();
  expect(one?.claimed_by).toBe("F. Fictie");
});

describe("a unit that waits", () => {
  test("shows all five groups, and what to do with them", () => {
    const shown = card({});
    for (const group of waiting.groups) expect(shown).toContain(`<span>${group}</span>`);
    expect(shown).toContain("data-testid=\"incoming-confirm\"");
    expect(shown).toContain("fz-button--primary");
    expect(card({}, false)).not.toContain("fz-button--primary");
  });

  test("that came back says so, and that its key is the same", () => {
    expect(card({ kind: "renewal", claimed_by: null })).not.toContain("jan");
    expect(card({})).toContain("jan");
  });

  test("that is let in is said to be, before it is listed and after", () => {
    const done = { unit: "unit-4", deed: "confirm" } as const;
    expect(doneWords(done, [])).toBe("incoming.comes");
    expect(doneWords(done, [{ unit: "unit-4", state: "active" }])).toBe("incoming.listed");
    expect(doneWords({ ...done, deed: "refuse" }, [])).toBe("incoming.refused");
  });

  test("is confirmed once", () => {
    const shown = card({ state: "confirmed" });
    expect(shown).toContain('role="status"');
    expect(shown).not.toContain("incoming-confirm");
  });
});
