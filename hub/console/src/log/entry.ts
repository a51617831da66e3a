// SPDX-License-Identifier: EUPL-1.2
// One entry of the public log: fetched as anybody may, read, and shown to stand under the newest checkpoint.
import { hub } from "../hub/api";
import { leafHash, LogFormatError, readCheckpoint, readEntry, stands, type Bytes, type Checkpoint, type ReadFile } from "./tiles";

export interface Entry {
  index: number;
  event: string;
  atUs: number;
  digest: string;
  ids: readonly (readonly [name: string, value: string])[];
  /** the exact bytes that are hashed */
  text: string;
  leaf: string;
}

export type Found =
  | { at: "found"; entry: Entry; checkpoint: Checkpoint; verified: boolean }
  /** the log has no entry of this number yet */
  | { at: "beyond"; checkpoint: Checkpoint };

function hex(bytes: Bytes): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parsed(text: string): Omit<Entry, "index" | "text" | "leaf"> {
  try {
    const { event, at_us: atUs, digest, ids } = JSON.parse(text) as Record<string, unknown>;
    if (typeof event === "string" && typeof atUs === "number" && typeof digest === "string" && typeof ids === "object" && ids) {
      return { event, atUs, digest, ids: Object.entries(ids).map(([name, value]) => [name, String(value)] as const) };
    }
  } catch (failure) {
    throw new LogFormatError("not JSON", { cause: failure });
  }
  throw new LogFormatError("not an entry");
}

export async function checkpointNow(read: ReadFile = hub.logFile): Promise<Checkpoint> {
  const note = await read("checkpoint");
  if (!note) throw new LogFormatError("there is no checkpoint");
  return readCheckpoint(note);
}

export async function lookUp(index: number, read: ReadFile = hub.logFile): Promise<Found> {
  const checkpoint = await checkpointNow(read);
  if (index >= checkpoint.size) return { at: "beyond", checkpoint };
  const bytes = await readEntry(read, index, checkpoint.size);
  const text = new TextDecoder().decode(bytes);
  const entry: Entry = { index, text, leaf: hex(await leafHash(bytes)), ...parsed(text) };
  return { at: "found", entry, checkpoint, verified: await stands(read, bytes, index, checkpoint) };
}
