// SPDX-License-Identifier: EUPL-1.2
// A person's own key: ES256, made in this browser, of which the private half cannot be read by any script, this one
// included. It lies in IndexedDB, one an account; nothing of it lies anywhere else.
import type { Bytes } from "../replay/sealed";
import { sha256, signingInput, toBase64 } from "./canonical";

/** @schema SignatureBody */
export interface SignatureBody {
  alg: "es256" | "ed25519";
  /** SHA-256 of the signer's public key (SPKI) */
  key: string;
  /** base64 */
  sig: string;
}

export interface OwnKey {
  pair: CryptoKeyPair;
  spki: Bytes;
  fingerprint: string;
}

/** This browser keeps no keys: a private window, or storage that is switched off. */
export class NoKeyStoreError extends Error {
  override name = "NoKeyStoreError";
}

const DATABASE = "flexzicht";
const STORE = "keys";
const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

export async function newKey(): Promise<OwnKey> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  return { pair, spki, fingerprint: await sha256(spki) };
}

export async function signed(own: OwnKey, kind: string, body: Bytes): Promise<SignatureBody> {
  const made = await crypto.subtle.sign(SIGNING, own.pair.privateKey, signingInput(kind, body));
  return { alg: "es256", key: own.fingerprint, sig: toBase64(new Uint8Array(made)) };
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new NoKeyStoreError("refused", { cause: request.error }));
  });
}

async function opened(): Promise<IDBDatabase> {
  if (typeof indexedDB === "undefined") throw new NoKeyStoreError("no IndexedDB");
  let asked: IDBOpenDBRequest;
  try {
    asked = indexedDB.open(DATABASE, 1);
  } catch (refused) {
    throw new NoKeyStoreError("refused", { cause: refused });
  }
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  return done(asked);
}

/** A key that is being bound waits beside the one in use, which it must not displace before the hub has taken it. */
const WAITING = " (waiting)"; // no account's name has a space

async function read(name: string): Promise<OwnKey | null> {
  const database = await opened();
  try {
    const found: unknown = await done(database.transaction(STORE).objectStore(STORE).get(name));
    return (found as OwnKey | undefined) ?? null;
  } finally {
    database.close();
  }
}

async function change(step: (store: IDBObjectStore) => void): Promise<void> {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    const kept = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(new NoKeyStoreError("refused", { cause: transaction.error }));
    });
    step(transaction.objectStore(STORE));
    await kept;
  } finally {
    database.close();
  }
}

/** The key that this browser keeps for an account; null where it has none. */
export function keptKey(account: string): Promise<OwnKey | null> {
  return read(account);
}

/** Keep a key for an account, durably, in place of an older one. */
export function keepKey(account: string, own: OwnKey): Promise<void> {
  return change((store) => store.put(own, account));
}

/** Keep a key beside the one in use, until `settleKey` hears that the hub has taken it. */
export function keepWaitingKey(account: string, own: OwnKey): Promise<void> {
  return change((store) => store.put(own, account + WAITING));
}

/** The key that the hub knows is the one in use, also where its answer was lost; gives the key in use. */
export async function settleKey(account: string, registered: string | null): Promise<OwnKey | null> {
  const waiting = await read(account + WAITING);
  if (waiting !== null && waiting.fingerprint === registered) {
    await change((store) => {
      store.put(waiting, account);
      store.delete(account + WAITING);
    });
    return waiting;
  }
  return read(account);
}
