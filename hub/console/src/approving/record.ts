// SPDX-License-Identifier: EUPL-1.2
// A record to sign, opened: what its bytes say and the digest of these bytes, both found out here. What does not hold
// together is named, and is not signed.
import { fromBase64, sha256, signingInput } from "../people/canonical";
import type { Bytes } from "../replay/sealed";
import { readDecision, UnreadableError, type Decision } from "./decision";
import type { RecordView } from "./api";

export interface OpenRecord {
  decision: Decision;
  bytes: Bytes;
  /** base64, as it came: what is signed */
  body: string;
  /** of the signing input, computed here */
  digest: string;
  prints: ReadonlyMap<string, string>;
}

/** Why nothing can be signed: a field that is not known here, another digest than the hub says, another deployment's. */
export interface Unreadable {
  flaw: "unknown" | "digest" | "other";
  where: string;
}

const DECISION = "decision";

export function isUnreadable(opened: OpenRecord | Unreadable): opened is Unreadable {
  return "flaw" in opened;
}

export async function opened(record: RecordView, deployment: string): Promise<OpenRecord | Unreadable> {
  let bytes: Bytes;
  let decision: Decision;
  try {
    if (record.type !== DECISION) throw new UnreadableError(record.type);
    bytes = fromBase64(record.body);
    decision = readDecision(bytes);
  } catch (failure) {
    if (failure instanceof UnreadableError) return { flaw: "unknown", where: failure.where };
    if (failure instanceof DOMException) return { flaw: "unknown", where: "base64" };
    throw failure;
  }
  const digest = await sha256(signingInput(DECISION, bytes));
  if (digest !== record.digest) return { flaw: "digest", where: "" };
  if (decision.deployment !== deployment) return { flaw: "other", where: "" };
  const keys = [...decision.team.operators, ...decision.team.installers];
  const prints = new Map<string, string>();
  for (const key of keys) {
    try {
      prints.set(key, await sha256(fromBase64(key)));
    } catch (failure) {
      if (failure instanceof DOMException) return { flaw: "unknown", where: "team" };
      throw failure;
    }
  }
  return { decision, bytes, body: record.body, digest, prints };
}
