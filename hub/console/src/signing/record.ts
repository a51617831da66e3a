// SPDX-License-Identifier: EUPL-1.2
// A record that the hub gives to sign, opened: what its exact bytes say, and their digest, both found out here. Of which
// type it is says who signs it, never the hub.
import { fromBase64, sha256, signingInput } from "../people/canonical";
import type { Bytes } from "../replay/sealed";
import { readRecord, UnreadableError, type Reader } from "./fields";

/** What people sign of what the hub made. */
export type SignedKind = "decision" | "assignment" | "overrun" | "necessity";

export interface Opened<K extends SignedKind, T> {
  kind: K;
  says: T;
  bytes: Bytes;
  /** of the signing input */
  digest: string;
}

function bytesOf(body: string): Bytes {
  try {
    return fromBase64(body);
  } catch (failure) {
    if (failure instanceof DOMException) throw new UnreadableError("base64");
    throw failure;
  }
}

/** Open a record (base64 of its bytes) as one of this type. Raises UnreadableError where it is none. */
export async function openedAs<K extends SignedKind, T>(kind: K, reader: Reader<T>, body: string): Promise<Opened<K, T>> {
  const bytes = bytesOf(body);
  return { kind, says: readRecord(reader, bytes), bytes, digest: await sha256(signingInput(kind, bytes)) };
}
