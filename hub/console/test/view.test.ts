// SPDX-License-Identifier: EUPL-1.2
// A look whose line breaks: it opens again by itself, under the same grant where that stands, and says what is wrong.
import { afterEach, describe, expect, test, vi } from "vitest";
import { LiveView } from "../src/live/view";
import { browser, FakeSocket, noBrowser, view, type FakeHub } from "./browser";

const NOW_US = 1_800_000_000_000_000;
const UNTIL_US = NOW_US + 3_600_000_000;

async function opened(answer: FakeHub["answer"]): Promise<{ hub: FakeHub; live: LiveView }> {
  const hub = browser(answer);
  const live = new LiveView("camera-1");
  await live.watch();
  await vi.advanceTimersByTimeAsync(0);
  open(13);
  return { hub, live };
}

function open(logIndex: number): void {
  FakeSocket.last.says({ type: "opened", hub_time_us: NOW_US, codec: null, log_index: logIndex, until_us: UNTIL_US });
}

afterEach(noBrowser);

describe("a line that breaks", () => {
  test("opens again without a click, under the same grant", async () => {
    const { hub, live } = await opened(() => view(13, UNTIL_US));
    FakeSocket.last.onclose({ code: 1006 });
    expect(live.current().link).toMatchObject({ phase: "away", reason: "line" });
    expect(live.current().logIndex).toBe(13);

    await vi.advanceTimersByTimeAsync(500);
    expect(hub.asked.map((one) => one.grant)).toEqual([undefined, 13]);
    open(13);
    expect(live.current().link).toEqual({ phase: "open" });
  });

  test("is tried at half a second, one, two, four, and then every four with this chance", async () => {
    const { hub } = await opened((grant) => (grant === undefined ? view(13, UNTIL_US) : null));
    FakeSocket.last.onclose({ code: 1006 });
    const tries: number[] = [];
    for (let halves = 1; halves <= 23; halves += 1) {
      await vi.advanceTimersByTimeAsync(500);
      if (hub.asked.length - 1 > tries.length) tries.push(halves / 2);
    }
    expect(tries).toEqual([0.5, 1.5, 3.5, 7.5, 11.5]);
  });

  test("is tried at once when the hub answers again", async () => {
    let reachable = false;
    const { hub, live } = await opened((grant) => (grant === undefined || reachable ? view(13, UNTIL_US) : null));
    FakeSocket.last.onclose({ code: 1006 });
    live.setHubAnswers(false);
    await vi.advanceTimersByTimeAsync(8_000);
    const before = hub.asked.length;
    reachable = true;
    live.setHubAnswers(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(hub.asked).toHaveLength(before + 1);
  });

  test("is tried although the unit was last heard to be away, once the hub is silent", async () => {
    const { hub, live } = await opened(() => view(13, UNTIL_US));
    live.setUnitReachable(false);
    live.setHubAnswers(false);
    FakeSocket.last.onclose({ code: 1006 });
    await vi.advanceTimersByTimeAsync(500);
    expect(hub.asked).toHaveLength(2);
  });

  test("that fell silent was broken since it was last heard", async () => {
    const { live } = await opened(() => view(13, UNTIL_US));
    await vi.advanceTimersByTimeAsync(14_000);
    const { link } = live.current();
    expect(link).toMatchObject({ phase: "away", reason: "line" });
    expect(link.phase === "away" && Math.abs((link.sinceUs ?? 0) - NOW_US)).toBeLessThan(100_000);
  });

  test("takes along what it said of the unit", async () => {
    const { live } = await opened(() => view(13, UNTIL_US));
    FakeSocket.last.says({ type: "unit", online: false, since_us: NOW_US });
    expect(live.current().unitOffline).toBe(true);
    FakeSocket.last.onclose({ code: 1006 });
    expect(live.current()).toMatchObject({ unitOffline: false, offlineSinceUs: null });
  });

  test("leads to signing in when the session is gone", async () => {
    const { live } = await opened((grant) => (grant === undefined ? view(13, UNTIL_US) : 401));
    const out = vi.fn();
    live.onSignedOut = out;
    FakeSocket.last.onclose({ code: 1006 });
    await vi.advanceTimersByTimeAsync(500);
    expect(out).toHaveBeenCalledOnce();
    expect(live.current().link).toEqual({ phase: "idle" });
  });
});

describe("the hub ends the grant in the moment in which the page goes on under it", () => {
  test("the next look is a new one, by itself", async () => {
    const { hub, live } = await opened((grant) => view(grant ?? 13, UNTIL_US));
    FakeSocket.last.onclose({ code: 1006 });
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.last.onclose({ code: 4001 });
    expect(live.current().link).toMatchObject({ phase: "away", reason: "line" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(hub.asked.map((one) => one.grant)).toEqual([undefined, 13, undefined]);
  });

  test("a grant that ends otherwise opens nothing by itself", async () => {
    const { hub, live } = await opened(() => view(13, UNTIL_US));
    FakeSocket.last.onclose({ code: 4001 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.current().link).toMatchObject({ phase: "stopped", reason: "grant" });
    expect(hub.asked).toHaveLength(1);
  });
});

describe("the number in the log", () => {
  test("stays when the window ends, and goes when the person leaves", async () => {
    const { live } = await opened(() => view(13, UNTIL_US));
    live.windowEnded();
    expect(live.current()).toMatchObject({ logIndex: 13, untilUs: null, link: { phase: "stopped", reason: "window" } });
    live.leave();
    expect(live.current().logIndex).toBeNull();
  });
});
