// SPDX-License-Identifier: EUPL-1.2
// What is asked until it is answered: again after a failure, and then no more unless something says that it changed.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HubUnreachableError, RefusedError } from "../src/hub/api";
import { keepAsking, type HowOften } from "../src/hub/asking";
import { changeLine } from "../src/hub/changes";

let hears: (what: ReadonlySet<string> | null) => void;
let asked: number;
let told: Record<string, unknown>[];
let signedOut: number;

function asks(howOften: HowOften, ...answers: unknown[]): () => void {
  const question = (): Promise<unknown> => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return keepAsking(question, ["plans"], howOften, (after) => told.push(after), () => (signedOut += 1)).end;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", Object.assign(globalThis, { addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.spyOn(changeLine, "listen").mockImplementation((listener) => {
    hears = listener;
    return () => undefined;
  });
  asked = 0;
  told = [];
  signedOut = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a question that failed is asked again until it is answered, and then not", async () => {
  const end = asks("until-answered", new HubUnreachableError("no line"), new RefusedError(503, "", null), "here");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([{ offline: true }, { offline: true }, { answer: "here", offline: false, refused: null }]);
  expect(asked).toBe(3);
  hears(null);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
  hears(new Set(["plans"]));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(4);
  end();
});

test("one that was refused is said, and asked again", async () => {
  const no = new RefusedError(403, "no-right", null);
  const end = asks("until-answered", no, "here");
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([{ offline: false, refused: no }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(2);
  end();
});

test("any other is asked now and then, until nobody is signed in", async () => {
  asks("on", "one", "two", new RefusedError(401, "", null));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([asked, signedOut]).toEqual([3, 1]);
});
