// SPDX-License-Identifier: EUPL-1.2
// Whether who is signed in can sign here: the key that the hub knows of them, and the one that this browser keeps.
import { useCallback, useEffect } from "react";
import { useAsked } from "../hub/asking";
import { sessionHeard } from "../hub/session";
import type { Session } from "../hub/types";
import { people } from "./api";
import { NoKeyStoreError, settleKey } from "./keys";

/** `none`: the hub knows no key yet; `lost`: it knows one that this browser does not keep. */
export type OwnKeyState = "asking" | "ready" | "none" | "lost" | "no-store";

export interface OwnKey {
  state: OwnKeyState;
  /** of the key that the hub knows */
  fingerprint: string | null;
}

export interface OwnKeyHolder extends OwnKey {
  /** ask again, because it was just made or bound: for every part of the page */
  refresh: () => void;
}

const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

async function found(account: string): Promise<OwnKey> {
  const session = await people.session();
  sessionHeard(session);
  const { key } = session;
  try {
    const own = await settleKey(account, key);
    return { state: key === null ? "none" : own?.fingerprint === key ? "ready" : "lost", fingerprint: key };
  } catch (failure) {
    if (failure instanceof NoKeyStoreError) return { state: "no-store", fingerprint: key };
    throw failure;
  }
}

export function useOwnKey(session: Session, onSignedOut: () => void): OwnKeyHolder {
  const question = useCallback(() => found(session.name), [session.name]);
  // A binding is a record, and those are told under "deployments".
  const { answer, refresh } = useAsked(question, ["people", "deployments"], onSignedOut);
  useEffect(() => {
    listeners.add(refresh);
    return () => {
      listeners.delete(refresh);
    };
  }, [refresh]);
  return { state: answer?.state ?? "asking", fingerprint: answer?.fingerprint ?? null, refresh: changed };
}
