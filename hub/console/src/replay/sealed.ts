// SPDX-License-Identifier: EUPL-1.2
// A stretch of a sealed segment (FZS-1, docs/reference/segment.md) as the hub gives it: the header, record 0, and the
// records that were asked for. It is opened here and nowhere else: what does not hash to its signed fields is named
// and not handed on.

export type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes are not FZS-1: nothing of them can be shown. */
export class SealedFormatError extends Error {
  override name = "SealedFormatError";
}

export interface RecordFields {
  index: number;
  wallUs: number;
  durationUs: number;
  keyframe: boolean;
  plainSha256: string;
  cipherSha256: string;
}

interface SealedRecord {
  fields: RecordFields;
  ciphertext: Bytes;
}

export interface SealedStretch {
  run: string;
  headerBytes: Bytes;
  records: SealedRecord[];
}

/** The keys of some records of one segment, as the keeper released them under a logged look. */
export interface ReleasedKeys {
  /** the hash of the header that they belong to, hexadecimal */
  headerSha256: string;
  keys: ReadonlyMap<number, Bytes>;
}

/** Which check a record failed: its ciphertext's hash, its seal, its plaintext's hash; or no key came for it. */
export type Flaw = "ciphertext" | "seal" | "plaintext" | "no-key";

export interface Broken {
  fields: RecordFields;
  flaw: Flaw;
}

export interface OpenedStretch {
  run: string;
  /** null where record 0 itself did not hold: then nothing of the stretch can be played */
  init: Bytes | null;
  fragments: { fields: RecordFields; data: Bytes }[];
  broken: Broken[];
}

const MAGIC = "FZS-1\r\n\x1a";
const LENGTH_BYTES = 4;
const HEADER_LIMIT = 16 * 1024;
const FIELDS_LIMIT = 4096;
const RECORD_LIMIT = 8 * 1024 * 1024;
const NONCE = new Uint8Array(12); // constant: each key seals one record only

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly data: Bytes) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  take(length: number): Bytes | null {
    if (this.at + length > this.data.length) return null;
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }

  /** The next length-prefixed bytes; null at a cut. A length past the limit is no cut but a lie. */
  framed(limit: number): Bytes | null {
    if (this.at + LENGTH_BYTES > this.data.length) return null;
    const length = this.view.getUint32(this.at);
    if (length > limit) throw new SealedFormatError(`a length of ${length} bytes, more than ${limit}`);
    this.at += LENGTH_BYTES;
    const found = this.take(length);
    if (!found) this.at = this.data.length;
    return found;
  }
}

function json(data: Bytes): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (failure) {
    throw new SealedFormatError("not JSON", { cause: failure });
  }
  throw new SealedFormatError("not an object");
}

function whole(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new SealedFormatError(`not a whole number: ${String(value)}`);
}

function digest(value: unknown): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new SealedFormatError("not a SHA-256");
}

function readFields(data: Bytes): RecordFields {
  const fields = json(data);
  const index = whole(fields["index"]);
  if (fields["kind"] !== (index === 0 ? "init" : "fragment")) throw new SealedFormatError(`record ${index} is out of place`);
  return {
    index,
    wallUs: whole(fields["wall_us"]),
    durationUs: whole(fields["duration_us"]),
    keyframe: fields["keyframe"] === true,
    plainSha256: digest(fields["plain_sha256"]),
    cipherSha256: digest(fields["cipher_sha256"]),
  };
}

/** Reads up to the last whole record; record 0 comes first, the others follow each other without a hole. */
export function readStretch(data: Bytes): SealedStretch {
  const reader = new Reader(data);
  const magic = reader.take(MAGIC.length);
  if (!magic || String.fromCharCode(...magic) !== MAGIC) throw new SealedFormatError("not an FZS-1 segment");
  const headerBytes = reader.framed(HEADER_LIMIT);
  if (!headerBytes) throw new SealedFormatError("the header is cut off");
  const run = json(headerBytes)["run"];
  if (typeof run !== "string") throw new SealedFormatError("the header names no run");
  const records: SealedRecord[] = [];
  for (let framed = reader.framed(FIELDS_LIMIT); framed; framed = reader.framed(FIELDS_LIMIT)) {
    const ciphertext = reader.framed(RECORD_LIMIT);
    if (!ciphertext) break;
    const fields = readFields(framed);
    const before = records.at(-1)?.fields.index;
    const inPlace = before === undefined ? fields.index === 0 : before === 0 ? fields.index > 0 : fields.index === before + 1;
    if (!inPlace) throw new SealedFormatError(`record ${fields.index} is out of place`);
    records.push({ fields, ciphertext });
  }
  return { run, headerBytes, records };
}

export async function sha256(data: Bytes): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bound place of a record: the hash of its segment's header and its index, big-endian. */
function place(headerSha256: Bytes, index: number): Bytes {
  const aad = new Uint8Array(headerSha256.length + LENGTH_BYTES);
  aad.set(headerSha256);
  new DataView(aad.buffer).setUint32(headerSha256.length, index);
  return aad;
}

async function unsealed(record: SealedRecord, key: Bytes, aad: Bytes): Promise<Bytes | Flaw> {
  let plain: Bytes;
  try {
    const opener = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    const algorithm = { name: "AES-GCM", iv: NONCE, additionalData: aad };
    plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, opener, record.ciphertext));
  } catch (failure) {
    if (failure instanceof DOMException) return "seal"; // OperationError: the tag; DataError: no AES key
    throw failure;
  }
  return (await sha256(plain)) === record.fields.plainSha256 ? plain : "plaintext";
}

async function opened(record: SealedRecord, released: ReleasedKeys, header: Bytes): Promise<Bytes | Flaw> {
  const { fields } = record;
  if ((await sha256(record.ciphertext)) !== fields.cipherSha256) return "ciphertext";
  const key = released.keys.get(fields.index);
  return key ? unsealed(record, key, place(header, fields.index)) : "no-key";
}

/**
 * The stretch's init and fragments in the clear. WebCrypto works off the page's own thread, so nothing here holds up a
 * picture.
 */
export async function openStretch(stretch: SealedStretch, released: ReleasedKeys): Promise<OpenedStretch> {
  const { run, headerBytes, records } = stretch;
  if ((await sha256(headerBytes)) !== released.headerSha256) throw new SealedFormatError("the keys are another segment's");
  const header = new Uint8Array(await crypto.subtle.digest("SHA-256", headerBytes));
  const results = await Promise.all(records.map((record) => opened(record, released, header)));
  const out: OpenedStretch = { run, init: null, fragments: [], broken: [] };
  records.forEach(({ fields }, at) => {
    const result = results[at] as Bytes | Flaw;
    if (typeof result === "string") out.broken.push({ fields, flaw: result });
    else if (fields.index === 0) out.init = result;
    else out.fragments.push({ fields, data: result });
  });
  return out;
}
