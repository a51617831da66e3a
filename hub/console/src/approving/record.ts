// SPDX-License-Identifier: EUPL-1.2
// A record to sign, opened: what its bytes say and the digest of these bytes, both found out here. What does not hold
// together is named, and is not signed.
import type { RecordView } from "../hub/types";
import { fromBase64, sha256 } from "../people/canonical";
import { UnreadableError } from "../signing/fields";
import { openedAs, type Opened } from "../signing/record";
import { decision as reader, type Decision } from "./decision";

export interface OpenRecord extends Opened<"decision", Decision> {
  decision: Decision;
  /** of the team's keys, by the key */
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
  let found: Opened<"decision", Decision>;
  try {
    if (record.type !== DECISION) throw new UnreadableError(record.type);
    found = await openedAs(DECISION, reader, record.body);
  } catch (failure) {
    if (failure instanceof UnreadableError) return { flaw: "unknown", where: failure.where };
    throw failure;
  }
  const decision = found.says;
  if (found.digest !== record.digest) return { flaw: "digest", where: "" };
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
  return { ...found, decision, prints };
}
