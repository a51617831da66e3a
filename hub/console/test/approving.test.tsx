// SPDX-License-Identifier: EUPL-1.2
// A decision is shown by its own bytes: each field of them is in the words, and what is not known is never signable.
import type { DeploymentView, RecordView } from "../src/hub/types";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, test, vi } from "vitest";
import mandate_py from "../../../contract/mandate.py?raw";
import golden from "../../../tests/unit/contract/golden/decision.json?raw";
import { compared } from "../src/approving/changes";
import { decisionFields, readDecision, type Decision } from "../src/approving/decision";
import { DecisionSheet } from "../src/approving/DecisionSheet";
import { rowsOf, type Row, type Scene } from "../src/approving/decision-words";
import { degrees, squareMetres } from "../src/approving/ground";
import { plainText, visible } from "../src/approving/pieces";
import { isUnreadable, opened, type OpenRecord } from "../src/approving/record";
import { SignPanel } from "../src/approving/SignPanel";
import { canonical, sha256, signingInput, toBase64, type Plain } from "../src/people/canonical";
import { UnreadableError } from "../src/signing/fields";
import { words } from "./facts";

vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});

const GOLDEN = golden.trim();
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

let dutch: Scene;
let english: Scene;
beforeAll(async () => {
  const said = await words();
  const prints = new Map<string, string>();
  dutch = { say: said.dutch, language: "nl", prints };
  english = { say: said.english, language: "en", prints };
});

async function scene(base: Scene, decision: Decision): Promise<Scene> {
  const prints = new Map<string, string>();
  for (const key of [...decision.team.operators, ...decision.team.installers]) prints.set(key, await sha256(utf8(key)));
  return { ...base, prints };
}

async function said(text: string, base: Scene): Promise<string> {
  const decision = readDecision(utf8(text));
  const rows = rowsOf(decision, await scene(base, decision));
  return rows.map((row) => [...row.sentences, ...row.details].map(plainText).join("\n")).join("\n");
}

function changed(change: (decision: Record<string, Plain>) => void): string {
  const decision = JSON.parse(GOLDEN) as Record<string, Plain>;
  change(decision);
  return canonical(decision);
}

async function record(text: string): Promise<RecordView> {
  const bytes = utf8(text);
  return { type: "decision", digest: await sha256(signingInput("decision", bytes)), body: toBase64(bytes), signed_by: [], log_index: null };
}

/** Every place in a value, as the names and numbers that lead to it. */
function* leaves(value: Plain, at: (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value !== "object" || value === null) return yield at;
  for (const [name, below] of Object.entries(value)) yield* leaves(below as Plain, [...at, Array.isArray(value) ? Number(name) : name]);
}

function place(root: Plain, at: readonly (string | number)[]): { holder: Record<string, Plain>; name: string } {
  let holder = root as Record<string, Plain>;
  for (const name of at.slice(0, -1)) holder = holder[String(name)] as Record<string, Plain>;
  return { holder, name: String(at.at(-1)) };
}

const OTHERS: Record<string, string[]> = {
  regime: ["PW3", "COUNT", "G151C"],
  recording: ["none", "on_reason", "continuous"],
  on_link_loss: ["record", "stop"],
  live: ["clear", "masked"],
  upload: ["live", "deferred", "on_demand"],
};

/** The same decision with another value at one place, still one that may be written. */
function otherAt(at: readonly (string | number)[]): string[] {
  const value = place(JSON.parse(GOLDEN) as Plain, at).holder[String(at.at(-1))];
  const name = String(at[0]);
  const others: Plain[] = OTHERS[name]
    ? OTHERS[name].filter((one) => one !== value)
    : typeof value === "number"
      ? [value + 1, value - 1]
      : typeof value === "boolean"
        ? [!value]
        : name === "team"
          ? [String(value).replace(/^./, (letter) => (letter === "M" ? "N" : "M"))]
          : [String(value).replace(/.$/, (letter) => (letter === "1" ? "2" : "1"))];
  return others.flatMap((other) => {
    const decision = JSON.parse(GOLDEN) as Plain;
    const { holder, name: last } = place(decision, at);
    holder[last] = other;
    const text = canonical(decision);
    try {
      readDecision(utf8(text));
      return [text];
    } catch (outOfBounds) {
      expect(outOfBounds).toBeInstanceOf(UnreadableError);
      return [];
    }
  });
}

describe("the reader", () => {
  test("knows every field of the contract's decision, and no other", () => {
    const python = /class Decision:\n {4}"""[^]*?"""\n\n((?: {4}\w+: .*\n)+)/.exec(mandate_py)?.[1] ?? "";
    const fields = [...python.matchAll(/^ {4}(\w+):/gm)].map((found) => found[1] ?? "");
    expect(fields.length).toBeGreaterThan(20);
    expect([...decisionFields].sort()).toEqual(fields.sort());
  });

  test("reads the golden decision", () => {
    expect(readDecision(utf8(GOLDEN)).number).toMatch(/^\d{4}-\d{3}/);
  });

  test.each([
    ["at the top", (d: Record<string, Plain>) => (d["cause"] = "climate"), "cause"],
    ["in the overrun", (d: Record<string, Plain>) => ((d["overrun"] as Record<string, Plain>)["hours"] = 1), "overrun.hours"],
    ["in a post", (d: Record<string, Plain>) => ((d["posts"] as Record<string, Plain>[])[0]!["zoom"] = 9), "posts[0].zoom"],
    ["in a view", (d: Record<string, Plain>) => (((d["posts"] as Record<string, Plain>[])[0]!["view"] as Record<string, Plain>)["roll"] = 1), "posts[0].view.roll"],
    ["named like one of JavaScript's own", (d: Record<string, Plain>) => (d["constructor"] = 1), "constructor"],
  ])("refuses an unknown field %s, and says which", async (_, change, where) => {
    const text = changed(change as (d: Record<string, Plain>) => void);
    expect(() => readDecision(utf8(text))).toThrow(new UnreadableError(where));
    const found = await opened(await record(text), (JSON.parse(GOLDEN) as { deployment: string }).deployment);
    expect(found).toEqual({ flaw: "unknown", where });
  });

  test("refuses a field that is missing, of another kind, or out of its bounds", () => {
    for (const field of decisionFields) {
      expect(() => readDecision(utf8(changed((d) => delete d[field]))), field).toThrow(UnreadableError);
      expect(() => readDecision(utf8(changed((d) => (d[field] = null)))), field).toThrow(UnreadableError);
    }
    for (const [field, value] of Object.entries({ retention_h: 673, prebuffer_s: -1, max_units: 0, regime: "G151D", windows: [], number: "41" })) {
      expect(() => readDecision(utf8(changed((d) => (d[field] = value as Plain)))), field).toThrow(UnreadableError);
    }
  });
});

describe("an opened record", () => {
  const deployment = (JSON.parse(GOLDEN) as { deployment: string }).deployment;

  test("has the digest of its own bytes", async () => {
    const found = (await opened(await record(GOLDEN), deployment)) as OpenRecord;
    expect(isUnreadable(found)).toBe(false);
    expect(found.digest).toBe(await sha256(signingInput("decision", utf8(GOLDEN))));
  });

  test("is not signable where the hub names another digest, type or deployment", async () => {
    const good = await record(GOLDEN);
    expect(await opened({ ...good, digest: "0".repeat(64) }, deployment)).toMatchObject({ flaw: "digest" });
    expect(await opened(good, deployment.replace(/.$/, "2"))).toMatchObject({ flaw: "other" });
    expect(await opened({ ...good, type: "assignment" }, deployment)).toMatchObject({ flaw: "unknown", where: "assignment" });
    expect(await opened({ ...good, body: "%%" }, deployment)).toMatchObject({ flaw: "unknown", where: "base64" });
  });
});

describe("the words", () => {
  test("change with every single field of the bytes, in both languages", async () => {
    const all = [...leaves(JSON.parse(GOLDEN) as Plain)];
    expect(all.length).toBeGreaterThan(40);
    const [nl, en] = [await said(GOLDEN, dutch), await said(GOLDEN, english)];
    for (const at of all) {
      const others = otherAt(at);
      expect(others.length, at.join(".")).toBeGreaterThan(0);
      for (const other of others) {
        expect(await said(other, dutch), at.join(".")).not.toBe(nl);
        expect(await said(other, english), at.join(".")).not.toBe(en);
      }
    }
  });

  test("are all there, and no key of them shows", async () => {
    for (const base of [dutch, english]) {
      for (const text of [GOLDEN, ...Object.keys(OTHERS).flatMap((field) => otherAt([field]))]) {
        const words = await said(text, base);
        expect(words).not.toContain("approving.");
        expect(words).not.toMatch(/\{\{|\}\}|\uE000|undefined|NaN/);
      }
    }
  });

  test("say plainly what is signed", async () => {
    const decision = { ...readDecision(utf8(GOLDEN)), retention_h: 168, overrun: { times: 2, minutes: 30 }, windows: [{ from_us: Date.UTC(2026, 10, 15, 12) * 1000, to_us: Date.UTC(2026, 10, 15, 16) * 1000 }] };
    const rows = rowsOf(decision, dutch);
    const row = (head: Row["head"]): string => rows.find((one) => one.head === head)?.sentences.map(plainText).join(" ") ?? "";
    expect(row("when")).toBe("zondag 15 november 2026 van 13:00 tot 17:00.");
    expect(row("overrun")).toBe("2 keer 30 minuten, elk door één operator van het team met reden.");
    expect(row("keep")).toBe("Elk uur beeld sterft na 7 dagen. Langer kan niet zonder nieuw besluit.");
    expect(rowsOf(decision, english).find((one) => one.head === "keep")?.sentences.map(plainText)).toEqual([
      "Each hour of pictures dies after 7 days. Longer takes a new decision.",
    ]);
  });

  test("of somebody else's writing stay what they are", async () => {
    const sly = "x\u202Ey\u200B {{area}} $t(page.wall) \uE0000\uE000 <b>";
    const decision = { ...readDecision(utf8(GOLDEN)), designation: sly, necessity: sly };
    const rows = rowsOf(decision, dutch);
    const seen = "x[U+202E]y[U+200B] {{area}} $t(page.wall) [U+E000]0[U+E000] <b>";
    expect(rows.find((row) => row.head === "why")?.sentences.map(plainText)).toEqual([seen]);
    expect(rows.find((row) => row.head === "ground")?.sentences.map(plainText)[1]).toBe(`Aanwijzing: ${seen}`);
    expect(visible("J. Verzónnen, ’s-Hage\u00a0")).toBe("J. Verzónnen, ’s-Hage\u00a0");
  });

  test("tell the hour that comes twice apart", async () => {
    const decision = readDecision(utf8(GOLDEN));
    const at = (us: number): string => rowsOf({ ...decision, windows: [{ from_us: us, to_us: us + 7_200_000_000 }] }, dutch)[1]!.sentences.map(plainText).join();
    const first = Date.UTC(2026, 9, 25, 0, 30) * 1000; // 2:30 summer time
    expect(at(first)).not.toBe(at(first + 3_600_000_000));
    expect(at(first)).toMatch(/02:30 GMT\+2/);
    expect(at(first + 3_600_000_000)).toMatch(/02:30 GMT\+1/);
  });
});

test("an area's square metres", () => {
  const corner = (lat: number, lon: number) => ({ lat_e7: 545_000_000 + lat, lon_e7: 45_000_000 + lon });
  const square = [corner(0, 0), corner(8983, 0), corner(8983, 15_470), corner(0, 15_470)]; // 100 m by 100 m
  expect(squareMetres(square)).toBeGreaterThan(9_950);
  expect(squareMetres(square)).toBeLessThan(10_050);
  expect(squareMetres([...square].reverse())).toBeCloseTo(squareMetres(square), 6);
  expect(degrees(corner(0, 0))).toBe("54.5000000 4.5000000");
});

describe("what a decision changes", () => {
  test("is marked with how it read before, and nothing else is", async () => {
    const before = readDecision(utf8(GOLDEN));
    const after: Decision = { ...before, serial: before.serial + 1, decided_at_us: before.decided_at_us + 1, retention_h: before.retention_h + 24, posts: before.posts.map((post, n) => (n === 0 ? { ...post, view: { ...post.view, azimuth_mdeg: 1000 } } : post)) };
    const rows = compared(rowsOf(after, dutch), rowsOf(before, dutch));
    expect(rows.filter((row) => row.changed).map((row) => row.head)).toEqual(["where", "keep"]);
    const keep = rows.find((row) => row.head === "keep");
    expect(keep?.was.map(plainText)).toEqual(rowsOf(before, dutch).find((row) => row.head === "keep")?.sentences.map(plainText));
  });

  test("also shows what is gone, and that a window is new", () => {
    const before = readDecision(utf8(GOLDEN));
    const window = before.windows[0]!;
    const more: Decision = { ...before, windows: [window, { from_us: window.to_us + 3_600_000_000, to_us: window.to_us + 7_200_000_000 }] };
    const added = compared(rowsOf(more, dutch), rowsOf(before, dutch)).find((row) => row.head === "when");
    const gone = compared(rowsOf(before, dutch), rowsOf(more, dutch)).find((row) => row.head === "when");
    expect([added?.changed, added?.was]).toEqual([true, []]);
    expect(gone?.was).toHaveLength(1);
  });
});

describe("on the page", () => {
  async function shown(read: number): Promise<{ sheet: string; panel: string; rows: number }> {
    const deployment = (JSON.parse(GOLDEN) as { deployment: string }).deployment;
    const view = await record(GOLDEN);
    const found = (await opened(view, deployment)) as OpenRecord;
    const rows = compared(rowsOf(found.decision, { ...dutch, prints: found.prints }), null);
    const none = { current: null };
    const sheet = renderToStaticMarkup(<DecisionSheet record={found} rows={rows} title="t" names={new Map()} list={none} town={null} />);
    const panel = renderToStaticMarkup(
      <SignPanel
        session={{ name: "a", display: "A", role: "approver", demo: true, slot: "slot-3", key: null }}
        own={{ state: "ready", fingerprint: "f", refresh: () => undefined }}
        view={{ id: deployment, decision: view, signatures: [] } as unknown as DeploymentView}
        record={found}
        rows={rows}
        read={read}
        before={null}
        bar={none}
        done={null}
        onSigned={() => undefined}
        onChanged={() => undefined}
        onOwnWork={() => undefined}
        onSignedOut={() => undefined}
      />,
    );
    return { sheet, panel, rows: rows.length };
  }

  test("the button is dead until the last row was read", async () => {
    const { rows, panel } = await shown(0);
    expect(panel).toMatch(/aria-disabled="true"[^>]*>Lees eerst verder om te tekenen/);
    expect((await shown(rows - 1)).panel).toMatch(/aria-disabled="true"[^>]*data-testid="sign"|data-testid="sign"[^>]*aria-disabled="true"/);
    expect((await shown(rows)).panel).toMatch(/aria-disabled="false"[^>]*>Teken dit besluit/);
  });

  test("the digest beside the words is that of the bytes", async () => {
    const { sheet } = await shown(0);
    expect(sheet).toContain(`data-digest="${await sha256(signingInput("decision", utf8(GOLDEN)))}"`);
  });
});
