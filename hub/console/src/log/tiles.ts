// SPDX-License-Identifier: EUPL-1.2
// The public log as its files: checkpoint, tiles, entry bundles (C2SP tlog-tiles, docs/reference/log.md), and the root
// that an entry leads to (RFC 6962, section 2.1). Indices and sizes stay below 2^53, so no bit operation is used.

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
const HASH_BYTES = 32;

export type Bytes = Uint8Array<ArrayBuffer>;
/** The bytes of a file of the log; null where it has none of this name. */
export type ReadFile = (path: string) => Promise<Bytes | null>;

/** The log's files are not what the log's own format says. */
export class LogFormatError extends Error {
  override name = "LogFormatError";
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Bytes;
}

/** What the note says. Its signature is not checked here: this page could only take the key from the hub itself. */
export function readCheckpoint(note: Bytes): Checkpoint {
  const [origin, size, root, blank] = new TextDecoder().decode(note).split("\n");
  if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "") || !root || blank !== "") throw new LogFormatError("checkpoint");
  return { origin, size: Number(size), root: base64(root) };
}

function base64(text: string): Bytes {
  let bytes: Bytes;
  try {
    bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch (failure) {
    throw new LogFormatError("base64", { cause: failure });
  }
  if (bytes.length !== HASH_BYTES) throw new LogFormatError("a root of another length");
  return bytes;
}

function tilePath(level: number | "entries", n: number, width: number): string {
  const groups: string[] = [];
  for (let rest = n; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift((groups.length > 0 ? "x" : "") + String(rest % 1000).padStart(3, "0"));
  }
  return `tile/${level}/${groups.join("/")}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

function tileWidth(level: number, n: number, size: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - n * TILE_WIDTH));
}

/** The file of a tile in a tree of `size`; once the full tile is there, the partial one may be gone. */
async function tileFile(read: ReadFile, level: number | "entries", n: number, size: number): Promise<Bytes> {
  const width = tileWidth(level === "entries" ? 0 : level, n, size);
  const file = (await read(tilePath(level, n, width))) ?? (width < TILE_WIDTH ? await read(tilePath(level, n, TILE_WIDTH)) : null);
  if (!file) throw new LogFormatError(`${tilePath(level, n, width)} is missing`);
  return file;
}

/** The bytes of the entry at `index`. */
export async function readEntry(read: ReadFile, index: number, size: number): Promise<Bytes> {
  const bundle = await tileFile(read, "entries", Math.floor(index / TILE_WIDTH), size);
  let at = 0;
  for (let skip = index % TILE_WIDTH; ; skip -= 1) {
    const begin = at + 2;
    if (begin > bundle.length) break;
    at = begin + (bundle[begin - 2] ?? 0) * 256 + (bundle[begin - 1] ?? 0);
    if (at > bundle.length) break;
    if (skip === 0) return bundle.slice(begin, at);
  }
  throw new LogFormatError("the bundle is too short");
}

async function hashed(mark: number, ...parts: Bytes[]): Promise<Bytes> {
  const whole = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  whole[0] = mark;
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export function leafHash(entry: Bytes): Promise<Bytes> {
  return hashed(0, entry);
}

type Range = readonly [start: number, end: number];

class Tree {
  private readonly tiles = new Map<string, Promise<Bytes>>();

  constructor(
    private readonly read: ReadFile,
    private readonly size: number,
  ) {}

  /** The root over a range, split as RFC 6962 splits it; where the leaf lies it is computed, elsewhere it is read. */
  async rootOver([start, end]: Range, index: number, leaf: Bytes): Promise<Bytes> {
    if (index < start || index >= end) return this.span(start, end);
    if (end - start === 1) return leaf;
    const split = start + largestBelow(end - start);
    return hashed(1, await this.rootOver([start, split], index, leaf), await this.rootOver([split, end], index, leaf));
  }

  private async span(start: number, end: number): Promise<Bytes> {
    const whole = largestBelow(end - start + 1);
    const left = await this.complete(Math.log2(whole), start / whole);
    return whole === end - start ? left : hashed(1, left, await this.span(start + whole, end));
  }

  /** The root of the complete subtree over leaves `index` 2^level up to, not including, (`index` + 1) 2^level. */
  private async complete(level: number, index: number): Promise<Bytes> {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const width = 2 ** (level % TILE_HEIGHT);
    const n = Math.floor((index * width) / TILE_WIDTH);
    const from = (index * width) % TILE_WIDTH;
    const tile = await this.tile(tileLevel, n);
    if (tile.length < (from + width) * HASH_BYTES) throw new LogFormatError("a tile is too short");
    let row: Bytes[] = [];
    for (let at = from; at < from + width; at += 1) row.push(tile.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
    while (row.length > 1) {
      row = await Promise.all(row.flatMap((left, at) => (at % 2 ? [] : [hashed(1, left, row[at + 1] ?? left)])));
    }
    const [root] = row;
    if (!root) throw new LogFormatError("an empty tile");
    return root;
  }

  private tile(level: number, n: number): Promise<Bytes> {
    const key = `${level} ${n}`;
    const known = this.tiles.get(key) ?? tileFile(this.read, level, n, this.size);
    this.tiles.set(key, known);
    return known;
  }
}

/** The largest power of two below `width`, which is at least 2. */
function largestBelow(width: number): number {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}

/** Whether the entry stands at `index` under the checkpoint: its hash and the tiles' give the checkpoint's root. */
export async function stands(read: ReadFile, entry: Bytes, index: number, checkpoint: Checkpoint): Promise<boolean> {
  const tree = new Tree(read, checkpoint.size);
  const root = await tree.rootOver([0, checkpoint.size], index, await leafHash(entry));
  return root.every((byte, at) => byte === checkpoint.root[at]);
}
