// SPDX-License-Identifier: EUPL-1.2
// A hub that was taken over, and the genuine page: what people sign is of the type that they pressed for, and says in
// every field what they were shown. Anything else is not signed, and the page says so.
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import decisionText from "../../../tests/unit/contract/golden/decision.json?raw";
import mandate_py from "../../../contract/mandate.py?raw";
import running_py from "../../../contract/running.py?raw";
import { readDecision } from "../src/approving/decision";
import { failureWords } from "../src/hub/failure";
import { confirmNecessity, prolong } from "../src/hub/running";
import type { AssignmentView, DeploymentView, Filming, Session } from "../src/hub/types";
import { shownOf } from "../src/mast/AssignmentsScreen";
import { openAssignment, requireNow, type Listed } from "../src/mast/assignment";
import { NEW_JOB, type Job } from "../src/mast/kept";
import { placeAndSign } from "../src/mast/placing";
import type { Work } from "../src/mast/work";
import { canonical, canonicalBytes, commitment, fromBase64, sha256, signingInput, toBase64, type Plain } from "../src/people/canonical";
import { newKey, type OwnKey, type SignatureBody } from "../src/people/keys";
import { tryKey } from "../src/people/signing";
import { UnreadableError } from "../src/signing/fields";
import { ClocksApartError, OtherThanShownError } from "../src/signing/shown";
import { labelGroups } from "../src/units/label-groups";
import { filming, S, words } from "./facts";

const own = vi.hoisted(() => ({ current: null as OwnKey | null }));
vi.hoisted(() => {
  const none = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", { matchMedia: () => none, localStorage: { getItem: () => null } });
});
vi.mock("../src/people/keys", async (original) => ({ ...(await original<object>()), keptKey: () => Promise.resolve(own.current) }));

type Fields = Record<string, Plain>;

const DECISION = decisionText.trim();
const decision = readDecision(new TextEncoder().encode(DECISION));
const DEPLOYMENT = decision.deployment;
const post = decision.posts[0]!;
const NOW_US = Math.floor(Date.now() / 1000) * S;
const HOUR_US = 3_600 * S;
const SALT = "000102030405060708090a0b0c0d0e0f";
const REASON = "the square is full";
const session: Session = { name: "p-1", display: "P. Verzonnen", role: "operator", demo: true, slot: null, key: null };
const films: Filming = filming({
  deployment: DEPLOYMENT,
  serial: 2,
  from_us: NOW_US - HOUR_US,
  until_us: NOW_US + HOUR_US,
  overrun: { times: 2, minutes: 30, taken: 0, left: 2, last_us: NOW_US + 2 * HOUR_US, next_us: NOW_US + 1.5 * HOUR_US },
});

beforeAll(async () => {
  own.current = await newKey();
});

/** A hub that gives these answers, by the end of the path, and keeps what is sent to it to sign. */
let sent: { path: string; signature: SignatureBody }[] = [];
beforeEach(() => (sent = []));
function hubAnswers(answers: Record<string, unknown>): void {
  const json = (body: unknown): Response => new Response(JSON.stringify(body), { status: 201, headers: { "content-type": "application/json" } });
  vi.stubGlobal("fetch", (path: string, asked: RequestInit) => {
    if (path.endsWith("/signatures") || path.endsWith("/tries")) {
      sent.push({ path, signature: (JSON.parse(String(asked.body)) as { signature: SignatureBody }).signature });
      return Promise.resolve(json({}));
    }
    const found = Object.entries(answers).find(([end]) => path.endsWith(end));
    return found ? Promise.resolve(json(found[1])) : Promise.reject(new Error(path));
  });
}

/** As the hub gives a record to sign; of the digest and the type it may say what it likes. */
function draft(body: string, more: object = {}): object {
  return { type: "decision", digest: "0".repeat(64), body: toBase64(new TextEncoder().encode(body)), signed_by: [], log_index: null, ...more };
}

async function expectSigned(kind: string, body: string, path: string): Promise<void> {
  const input = signingInput(kind, new TextEncoder().encode(body));
  expect(sent.map((one) => one.path)).toEqual([path.replace("DIGEST", await sha256(input))]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  expect(await crypto.subtle.verify(how, own.current!.pair.publicKey, fromBase64(sent[0]!.signature.sig), input)).toBe(true);
}

/** Other bytes for each field of a record, and bytes that are no such record. */
function altered(fields: Fields, others: Record<string, Plain[]>): [string, string][] {
  const lines = Object.entries(others).flatMap(([field, values]) =>
    values.map((value): [string, string] => [`${field} ${JSON.stringify(value)}`, canonical({ ...fields, [field]: value })]),
  );
  const lacking = Object.keys(fields).map((field): [string, string] => [`no ${field}`, canonical(Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field)))]);
  return [
    ...lines,
    ...lacking,
    ["a field besides", canonical({ ...fields, zoom: 4 })],
    ["another form", JSON.stringify(fields, null, 1)],
    ["no JSON", "{"],
    ["a decision", DECISION],
  ];
}

async function refused(act: () => Promise<void>): Promise<unknown> {
  const failure: unknown = await act().then(
    () => null,
    (failed: unknown) => failed,
  );
  expect(sent, "nothing was signed").toEqual([]);
  return failure;
}

async function expectRefused(act: () => Promise<void>, what: string): Promise<void> {
  const failure = await refused(act);
  expect(failure instanceof OtherThanShownError || failure instanceof UnreadableError, `${what}: ${String(failure)}`).toBe(true);
}

function fieldsOf(python: string, name: string): string[] {
  const body = new RegExp(`class ${name}:\\n {4}"""[^]*?"""\\n\\n((?: {4}\\w+: .*\\n)+)`).exec(python)?.[1] ?? "";
  return [...body.matchAll(/^ {4}(\w+):/gm)].map((found) => found[1] ?? "").sort();
}

const overrunFields = async (): Promise<Fields> => ({
  deployment: DEPLOYMENT,
  serial: 2,
  window_from_us: NOW_US - HOUR_US,
  nth: 1,
  until_us: NOW_US + 1.5 * HOUR_US,
  reason_digest: await commitment(REASON, SALT),
});
const overrunOthers: Record<string, Plain[]> = {
  deployment: [DEPLOYMENT.replace(/.$/, "2"), "d"],
  serial: [1, 3, 0],
  window_from_us: [NOW_US - 2 * HOUR_US, -1],
  nth: [2, 0, 5],
  until_us: [NOW_US + 2 * HOUR_US, null],
  reason_digest: ["d".repeat(64), ""],
};

describe("an overrun", () => {
  const press = async (body: string, salt = SALT): Promise<void> => {
    hubAnswers({ "/overruns": draft(body, { reason_salt: salt }) });
    await prolong(films, REASON, session);
  };

  test("that says what was shown is signed as an overrun, under its own digest, whatever the hub calls it", async () => {
    const body = canonical(await overrunFields());
    await press(body);
    await expectSigned("overrun", body, "/v1/overruns/DIGEST/signatures");
  });

  test("is signed with no other field, by the contract's fields", async () => {
    const fields = await overrunFields();
    expect(Object.keys(overrunOthers).sort()).toEqual(fieldsOf(running_py, "OverrunTaken"));
    for (const [what, body] of altered(fields, overrunOthers)) await expectRefused(() => press(body), what);
  });

  test("is not signed for a reason that one did not write, however its salt is cut", async () => {
    const fields = await overrunFields();
    const sly = `${SALT}${toHex("not this")}`; // the length of a longer salt would read the same in one byte
    for (const salt of [sly, `${SALT}${"00".repeat(256)}`, SALT.slice(2), "", "zz".repeat(16)]) await expectRefused(() => press(canonical(fields), salt), salt);
    for (const reason of ["another reason", `${REASON} `]) {
      const body = canonical({ ...fields, reason_digest: await commitment(reason, SALT) });
      await expectRefused(() => press(body), reason);
    }
  });

  test("is not signed where none may be taken", async () => {
    const body = canonical(await overrunFields());
    hubAnswers({ "/overruns": draft(body, { reason_salt: SALT }) });
    await expectRefused(() => prolong({ ...films, overrun: { ...films.overrun, next_us: null } }, REASON, session), "spent");
  });
});

function toHex(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("that it is still necessary", () => {
  const fields: Fields = { deployment: DEPLOYMENT, serial: 2, confirmed_at_us: NOW_US };
  const others: Record<string, Plain[]> = {
    deployment: [DEPLOYMENT.replace(/.$/, "2")],
    serial: [1, 3],
    confirmed_at_us: [NOW_US + 600 * S, NOW_US - 600 * S, NOW_US + 24 * HOUR_US, "now"],
  };
  const press = async (body: string, nowUs = NOW_US): Promise<void> => {
    hubAnswers({ "/necessity": draft(body) });
    await confirmNecessity(films, session, nowUs);
  };

  test("is signed as that, whatever the hub calls it", async () => {
    await press(canonical(fields));
    await expectSigned("necessity", canonical(fields), "/v1/necessities/DIGEST/signatures");
  });

  test("is signed with no other field", async () => {
    expect(Object.keys(others).sort()).toEqual(fieldsOf(running_py, "Necessity"));
    for (const [what, body] of altered(fields, others)) await expectRefused(() => press(body), what);
  });

  test("is not signed while the hub says another time than this device", async () => {
    const then = NOW_US + 600 * S;
    expect(await refused(() => press(canonical({ ...fields, confirmed_at_us: then }), then))).toBeInstanceOf(ClocksApartError);
  });
});

const KEY = "ff89588687a74470d55284d24f90d2bb496e7ab90be39e2825319eb7606b3afc";
const listed: Listed = { unit: "unit-1", camera: "cam-1", fingerprint: KEY, epoch: 1 };
const assignmentFields = async (aims: boolean): Promise<Fields> => ({
  deployment: DEPLOYMENT,
  serial: 4,
  post: post.post,
  post_digest: await sha256(canonicalBytes(post as unknown as Plain)),
  unit: "unit-1",
  unit_key: KEY,
  epoch: 1,
  camera: "cam-1",
  masks: [],
  masks_digest: await sha256(canonicalBytes([])),
  zones: [],
  ...(aims ? { setup: { from_us: NOW_US, to_us: NOW_US + 900 * S } } : {}),
});
const square = { x: [0, 1000, 1000], y: [0, 0, 1000] };
const assignmentOthers = (aims: boolean): Record<string, Plain[]> => ({
  deployment: [DEPLOYMENT.replace(/.$/, "2")],
  serial: [3, 5, 2 ** 31],
  post: ["post-9"],
  post_digest: ["b".repeat(64)],
  unit: ["unit-2", "unit-9"],
  unit_key: ["c".repeat(64), `${KEY.slice(0, -1)}d`],
  epoch: [2, 0],
  camera: ["cam-2"],
  masks: [[square]],
  masks_digest: ["a".repeat(64)],
  zones: [[square]],
  setup: aims
    ? [null, true, { from_us: NOW_US, to_us: NOW_US + 901 * S }, { from_us: NOW_US, to_us: NOW_US }, { from_us: NOW_US, to_us: NOW_US + S, zoom: 1 }]
    : [null, true, { from_us: NOW_US, to_us: NOW_US + 900 * S }],
});
const logged = (serial: number, aims: boolean): AssignmentView => ({
  ...{ type: "assignment", digest: "d", body: "", signed_by: [], log_index: 4, post: post.post, unit: "unit-7", camera: "cam-7", serial },
  setup: aims ? { from_us: 1, to_us: 2 } : null,
});
const assignments = [logged(3, false), logged(3, true), { ...logged(9, false), post: "post-2" }, { ...logged(4, false), log_index: null }];
const work: Work = { id: DEPLOYMENT, number: decision.number, title: "t", decision, posts: decision.posts, assignments };
const job: Job = { ...NEW_JOB, unit: "unit-1", camera: "cam-1", groups: labelGroups(KEY) };
const units: Listed[] = [listed, { unit: "unit-2", camera: "cam-2", fingerprint: "e".repeat(64), epoch: 1 }];

describe.each([
  ["a placement", null],
  ["a test picture", 15],
] as const)("%s, asked for at the mast", (_, minutes) => {
  const aims = minutes !== null;
  const press = async (body: string, { of = job, known = units, nowUs = NOW_US } = {}): Promise<void> => {
    hubAnswers({ "/assignments": draft(body), "/units": known });
    await placeAndSign(session, { work, post, job: of, minutes }, nowUs);
  };

  test("is signed as an assignment, under its own digest", async () => {
    const body = canonical(await assignmentFields(aims));
    await press(body);
    await expectSigned("assignment", body, "/v1/assignments/DIGEST/signatures");
  });

  test("is signed with no other field, by the contract's fields", async () => {
    const others = assignmentOthers(aims);
    expect(Object.keys(others).sort()).toEqual(fieldsOf(mandate_py, "Assignment"));
    const fields = await assignmentFields(aims);
    const lines = altered(fields, others).filter(([what]) => what !== "no setup");
    for (const [what, body] of lines) await expectRefused(() => press(body), what);
  });

  test("is not signed as the other of the two", async () => {
    const body = canonical(await assignmentFields(!aims));
    await expectRefused(() => press(body), "the other");
  });

  test("is not signed for a key that is not on the label that was read, or of a unit that is not listed so", async () => {
    const other = { ...listed, fingerprint: "c".repeat(64) };
    const body = canonical({ ...(await assignmentFields(aims)), unit_key: other.fingerprint });
    await expectRefused(() => press(body, { known: [other] }), "listed with a key of the hub's own");
    await expectRefused(() => press(body, { known: [] }), "not listed");
  });
});

describe("an aiming", () => {
  test("at another time than now is not signed", async () => {
    for (const from of [NOW_US + 600 * S, NOW_US - HOUR_US]) {
      const fields = { ...(await assignmentFields(true)), setup: { from_us: from, to_us: from + 600 * S } };
      const { says } = await openAssignment(toBase64(canonicalBytes(fields)));
      expect(() => requireNow(says, { hubUs: NOW_US, deviceUs: NOW_US }), String(from)).toThrow(OtherThanShownError);
      expect(() => requireNow(says, { hubUs: from, deviceUs: NOW_US })).toThrow(ClocksApartError);
    }
  });
});

describe("an assignment that waits, as the control room is shown it", () => {
  const deployment = { id: DEPLOYMENT, number: "2026-999", state: "open", assignments } as unknown as DeploymentView;
  const shown = (body: string, change: Partial<DeploymentView> = {}, known: readonly Listed[] = units) =>
    shownOf({ ...deployment, ...change }, decision, known, toBase64(new TextEncoder().encode(body)));

  test.each([false, true])("has its own digest, and the key of its own bytes (aims: %s)", async (aims) => {
    const body = canonical(await assignmentFields(aims));
    const record = await shown(body);
    expect(record?.digest).toBe(await sha256(signingInput("assignment", new TextEncoder().encode(body))));
    expect(labelGroups(record?.says.unit_key ?? "")).toEqual(["ZY4N", "H1M7", "MX27", "1NAJ", "GK94"]);
  });

  test.each([false, true])("is not signable where one field is another (aims: %s)", async (aims) => {
    const others = assignmentOthers(aims);
    // That it is to be aimed, or to film, is shown by the bytes themselves.
    if (!aims) others["setup"] = [null, true];
    const lines = altered(await assignmentFields(aims), others).filter(([what]) => what !== "no setup");
    for (const [what, body] of lines) expect(await shown(body), what).toBeNull();
  });

  test("is not signable for another deployment, or for a key that is not listed", async () => {
    const body = canonical(await assignmentFields(false));
    expect(await shown(body, { id: DEPLOYMENT.replace(/.$/, "2") })).toBeNull();
    expect(await shown(body, {}, [{ ...listed, fingerprint: "c".repeat(64) }])).toBeNull();
    expect(await shownOf(deployment, null, units, toBase64(new TextEncoder().encode(body)))).toBeNull();
  });
});

test("a key is not tried at another time than this device's", async () => {
  hubAnswers({});
  await tryKey(session, "slot-1", NOW_US);
  expect(sent).toHaveLength(1);
  sent = [];
  expect(await refused(() => tryKey(session, "slot-1", NOW_US + HOUR_US))).toBeInstanceOf(ClocksApartError);
});

test("a commitment is as Python makes it", async () => {
  expect(await commitment("de mars is láát", SALT)).toBe("8981da0df80de0651d307c2f8244d60d51c2c07a640b6dffd011f9d7de6ebbec");
});

test("a label's groups are as Python makes them", () => {
  expect(labelGroups("00443214c74254b635cf84653a56d7c675be77dfffff0000000000000000ffff")).toEqual(["0123", "4567", "89AB", "CDEF", "GHJK"]);
});

test("the page says so in both languages", async () => {
  const { dutch, english } = await words();
  expect(failureWords(new OtherThanShownError("serial"), dutch)).toMatchObject({ title: "Wat de hub wil laten tekenen is niet wat er staat; er is niets getekend.", reason: "other-than-shown" });
  expect(failureWords(new UnreadableError("zoom"), english)).toMatchObject({ title: "What the hub wants signed is not what is shown; nothing was signed.", hint: expect.stringContaining("zoom") as string });
  for (const say of [dutch, english]) expect(failureWords(new ClocksApartError(), say).title).not.toContain("failed.");
});

test("whatever signs a record names its type there and then", () => {
  const sources = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
  const calls = Object.entries(sources).flatMap(([path, source]) => [...source.matchAll(/(?<!function )signRecord\(([^;]*?)\)/g)].map((found) => `${path} ${found[1]}`));
  expect(calls.length).toBeGreaterThan(4);
  for (const call of calls) expect(call).toMatch(/ session\.name, "(decision|assignment|overrun|necessity)", \w+$/);
  const keys = Object.entries(sources).filter(([, source]) => /subtle\.sign\(|[^\w]signed\(/.test(source.replace(/function signed\(/, "")));
  expect(keys.map(([path]) => path).filter((path) => path.includes("/people/")).length).toBe(keys.length);
});
