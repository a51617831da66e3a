// SPDX-License-Identifier: EUPL-1.2
// The hub's time without the browser's clock, and the words for times, ages and numbers.
import i18next from "i18next";
import { beforeAll, describe, expect, test } from "vitest";
import { HubClock } from "../src/hub/clock";
import { en } from "../src/i18n/en";
import type { Say } from "../src/i18n/language";
import { nl } from "../src/i18n/nl";
import { readFrame } from "../src/live/frame";
import { ageWords } from "../src/words/ages";
import { grouped, shortened } from "../src/words/numbers";
import { clockSeconds, moment, timeLeft } from "../src/words/times";

const S = 1_000_000;
const NOW_US = Date.UTC(2026, 10, 14, 13, 23, 42) * 1000; // 14:23:42 in Amsterdam
let dutch: Say;
let english: Say;

beforeAll(async () => {
  await i18next.init({ lng: "nl", defaultNS: "console", resources: { nl: { console: nl }, en: { console: en } } });
  dutch = i18next.getFixedT("nl") as Say;
  english = i18next.getFixedT("en") as Say;
});

describe("the hub's clock", () => {
  test("is unknown until the hub speaks", () => expect(new HubClock().nowUs(5)).toBeNull());

  test("counts on from the least late message", () => {
    const clock = new HubClock();
    clock.hear(NOW_US, 1_000);
    clock.hear(NOW_US + 5 * S - 300_000, 6_000); // 300 ms late
    expect(clock.nowUs(7_000)).toBe(NOW_US + 6 * S);
  });

  test("forgets after a minute, so that a fast local clock is followed", () => {
    const clock = new HubClock();
    clock.hear(NOW_US, 0);
    clock.hear(NOW_US + 61 * S - 50_000, 61_000);
    expect(clock.nowUs(61_000)).toBe(NOW_US + 61 * S - 50_000);
  });

  test("does not take a picture from before the laptop slept for new", () => {
    const clock = new HubClock();
    clock.hear(NOW_US, 1_000);
    clock.noticeSleep(1_000, 50_000);
    clock.noticeSleep(1_200, 50_200 + 3_600_000); // an hour passed, performance.now() stood still
    expect(clock.nowUs(1_200)).toBe(NOW_US + 3_600 * S + 200_000);
    clock.hear(NOW_US + 3_601 * S, 2_000);
    expect(clock.nowUs(2_000)).toBe(NOW_US + 3_601 * S);
  });
});

describe("words", () => {
  test("times are the Netherlands', on 24 hours", () => {
    expect(clockSeconds(NOW_US, "nl")).toBe("14:23:42");
    expect(clockSeconds(NOW_US, "en")).toBe("14:23:42");
    expect(moment(NOW_US + 3_600 * S, NOW_US, "nl")).toBe("15:23");
    expect(moment(NOW_US + 86_400 * S, NOW_US, "nl")).toBe("zo 15 nov 14:23");
    expect(moment(NOW_US + 86_400 * S, NOW_US, "en")).toBe("Sun 15 Nov 14:23");
  });

  test("the time that is left", () => {
    expect(timeLeft(NOW_US + (2 * 3_600 + 36 * 60) * S, NOW_US, dutch)).toBe("nog 2 u 36");
    expect(timeLeft(NOW_US + 36 * 60 * S, NOW_US, english)).toBe("36 min left");
    expect(timeLeft(NOW_US + 582 * S, NOW_US, dutch)).toBe("nog 9:42");
    expect(timeLeft(NOW_US, NOW_US, dutch)).toBe("voorbij");
  });

  test("ages", () => {
    expect(ageWords(449, dutch, "nl")).toBe("0,4 s oud");
    expect(ageWords(2_650, english, "en")).toBe("2.6 s old");
    expect(ageWords(27_900, dutch, "nl")).toBe("27 s oud");
    expect(ageWords(200_000, dutch, "nl")).toBe("3 min oud");
    expect(ageWords(7_500_000, dutch, "nl")).toBe("2 u 05 oud");
    expect(ageWords(-30, dutch, "nl")).toBe("0,0 s oud");
  });

  test("names that begin alike", () => {
    expect([1, 2].map((at) => shortened(`Voorbeeldplein ${at}`, 12))).toEqual(["Voorbe…ein 1", "Voorbe…ein 2"]);
    expect(shortened("Podium", 12)).toBe("Podium");
  });

  test("numbers", () => expect([7, 999, 48213, 1234567].map(grouped)).toEqual(["7", "999", "48\u00a0213", "1\u00a0234\u00a0567"]));
});

test("a live message is read, and another version is not", () => {
  const message = new Uint8Array(16);
  const view = new DataView(message.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, 1);
  view.setBigInt64(2, BigInt(NOW_US));
  view.setUint32(10, 4_294_967_295);
  message.set([0x65, 0x88], 14);
  const frame = readFrame(message.buffer);
  expect(frame).toMatchObject({ keyframe: true, capturedAtUs: NOW_US, sequence: 4_294_967_295 });
  expect([...(frame?.accessUnit ?? [])]).toEqual([0x65, 0x88]);
  view.setUint8(0, 2);
  expect(readFrame(message.buffer)).toBeNull();
  expect(readFrame(message.buffer.slice(0, 14))).toBeNull();
});
