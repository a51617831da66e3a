// SPDX-License-Identifier: EUPL-1.2
// Signing with the key that this browser keeps for who is signed in. Every room signs here.
import type { Session } from "../hub/types";
import { people, type Roster } from "./api";
import type { Opened, SignedKind } from "../signing/record";
import { clocks, requireOneClock } from "../signing/shown";
import { canonicalBytes, toBase64 } from "./canonical";
import { keepKey, keepWaitingKey, keptKey, newKey, settleKey, signed, type OwnKey, type SignatureBody } from "./keys";
import { normalised, slotKey, type SlotKey } from "./slot-code";

export type { SignatureBody } from "./keys";

/** This browser keeps no key of this account: it is made or bound on the screen of who can sign. */
export class NoKeyHereError extends Error {
  override name = "NoKeyHereError";
}

/** Sign, for an account, the bytes of a record that was opened as this type, and shown. */
export async function signRecord<K extends SignedKind>(account: string, kind: K, record: Opened<K, unknown>): Promise<SignatureBody> {
  return signed(await require(account), kind, record.bytes);
}

async function require(account: string): Promise<OwnKey> {
  const own = await keptKey(account);
  if (own === null) throw new NoKeyHereError(account);
  return own;
}

/** An operator's or installer's key: made, kept and registered. A key that was kept and is not registered is used. */
export async function registerKey(session: Session): Promise<string> {
  const own = (await keptKey(session.name)) ?? (await newKey());
  await keepKey(session.name, own);
  const { fingerprint } = await people.registerKey(toBase64(own.spki), await signed(own, "person-key", own.spki));
  return fingerprint;
}

/** Why a code binds nothing. */
export type CodeFault = "form" | "other" | "used";

export interface ReadCode {
  slot: string;
  counter: number;
  key: SlotKey;
}

/** Which of the slot's three codes this is, found out here: the roster names their public halves. */
export async function readCode(code: string, roster: Roster, slot: string, used: number | null): Promise<ReadCode | CodeFault> {
  if (normalised(code) === null) return "form";
  const keys = roster.slots.find((one) => one.slot === slot)?.keys ?? [];
  for (const [counter, expected] of keys.entries()) {
    const key = await slotKey(code, roster.municipality, slot, counter);
    if (toBase64(key.spki) !== expected) continue;
    return used !== null && counter <= used ? "used" : { slot, counter, key };
  }
  return "other";
}

/** Bind a new key of this browser to an approver's slot. The one in use stays until the hub has taken the new one. */
export async function bindKey(session: Session, code: ReadCode): Promise<void> {
  const own = await newKey();
  const body = canonicalBytes({ slot: code.slot, counter: code.counter, key: toBase64(own.spki) });
  const signature = await code.key.sign("binding", body);
  await keepWaitingKey(session.name, own);
  await people.bind({ type: "binding", body: toBase64(body), signatures: [signature] });
  await settleKey(session.name, own.fingerprint);
}

/** Show that this browser can sign for its slot, which approves nothing. `nowUs` is the hub's time. */
export async function tryKey(session: Session, slot: string, nowUs: number): Promise<void> {
  requireOneClock(clocks(nowUs));
  const own = await require(session.name);
  await people.tried(slot, nowUs, await signed(own, "signing-try", canonicalBytes({ slot, at_us: nowUs })));
}
