// SPDX-License-Identifier: EUPL-1.2
// What a picture that cannot be shown says: why, what was recorded instead, and whether asking again helps.
import { beforeAll, describe, expect, test } from "vitest";
import reasons from "../../../contract/index.py?raw";
import type { Span } from "../src/hub/types";
import type { Say } from "../src/i18n/language";
import { failureWords, flawWords, reasonWords, showingWords, spanWords } from "../src/pages/replay-words";
import type { Failure } from "../src/replay/reel";
import type { Showing } from "../src/replay/screening";
import { lengthWords } from "../src/words/times";
import { NOW_US, S, words } from "./facts";

let dutch: Say;
let english: Say;
beforeAll(async () => ({ dutch, english } = await words()));

const gap: Span = { kind: "gap", from_us: NOW_US - 60 * S, to_us: NOW_US - 30 * S, reason: "no-picture" };

function told(showing: Showing, change: { open?: boolean; anyOpen?: boolean; failure?: Failure | null } = {}) {
  const scene = { showing, unit: "unit-2", open: true, anyOpen: true, failure: null, nowUs: NOW_US, say: dutch, language: "nl" as const };
  return showingWords({ ...scene, ...change });
}

test("every reason of a gap has words of its own", () => {
  const named = [...(/^Reason = Literal\[(.*?)^\]/ms.exec(reasons)?.[1] ?? "").matchAll(/^ +"([a-z-]+)"/gm)].map((match) => match[1]);
  expect(named.length).toBeGreaterThan(9);
  for (const say of [dutch, english]) {
    const said = named.map((reason) => reasonWords(reason, say));
    expect(new Set(said).size).toBe(named.length);
    expect(said).not.toContain(reasonWords(undefined, say));
  }
  expect(reasonWords("something-new", english)).toBe("reason unknown");
});

describe("a picture without footage", () => {
  test("says the gap's reason, its length and who signed it", () => {
    expect(told({ kind: "gap", span: gap })).toEqual({
      title: "Geen beeld: camera gaf geen beeld",
      body: "Van 14:22:42 tot 14:23:12. Getekend door unit-2.",
      look: false,
    });
    expect(told({ kind: "gap", span: gap }, { open: false })?.look).toBe(true);
  });

  test("says what is still at the unit, and what was erased by whom", () => {
    expect(told({ kind: "fetching", span: { ...gap, kind: "fetching" } })?.title).toBe("Nog op unit-2");
    const erased: Span = { kind: "erased", from_us: gap.from_us, to_us: gap.to_us };
    expect(told({ kind: "erased", span: erased })?.body).toContain("De sleutel is vernietigd.");
    expect(told({ kind: "erased", span: { ...erased, reason: "room" } })?.body).toContain("unit-2 heeft haar verwijderd");
    expect(spanWords(null, english)).toBe("Nothing has arrived of this moment");
  });

  test("asks for a look only where a look may help", () => {
    expect(told({ kind: "closed" }, { open: false, anyOpen: false })?.look).toBe(true);
    expect(told({ kind: "closed" }, { open: false })?.title).toBe("Dit moment valt buiten wat u hebt opgevraagd");
    expect(told({ kind: "over" })?.look).toBe(true);
    expect(told({ kind: "shown" })).toBeNull();
    const again = (kind: Failure["kind"], status: number | null): boolean => failureWords({ kind, status }, true, dutch).look;
    expect([again("line", null), again("log", 503), again("hub", 500)]).toEqual([true, true, true]);
    expect([again("refused", 403), again("erased", 410), again("absent", 404), again("browser", null)]).toEqual([false, false, false, false]);
  });

  test("names a record that does not match, and where", () => {
    const broken = { fromUs: NOW_US, toUs: NOW_US + S, flaw: "plaintext" as const, index: 5, segment: "a" };
    expect(flawWords(broken, english, "en")).toBe(
      "Piece 5 from 14:23:42 to 14:23:43: the content is not what was signed. It is not shown. Report this.",
    );
    expect(told({ kind: "broken", broken })?.look).toBe(false);
  });
});

test("a length is said in the units that fit it", () => {
  expect([9, 250, 7_500].map((seconds) => lengthWords(seconds * S, english))).toEqual(["9 s", "4 min 10 s", "2 h 5 min"]);
});
