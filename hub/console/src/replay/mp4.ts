// SPDX-License-Identifier: EUPL-1.2
// As much of ISO/IEC 14496-12 as a player must know: the codec and timescale of an init segment, and when each picture
// of a fragment is shown.
import { SealedFormatError, type Bytes } from "./sealed";

export interface Init {
  /** for MediaSource: video/mp4; codecs="avc1.42C01F" */
  mime: string;
  /** ticks a second */
  timescale: number;
}

/** One picture; times in seconds since the run's start. */
export interface Frame {
  atS: number;
  durationS: number;
  keyframe: boolean;
}

const HEAD = 8;
const FULL_HEAD = HEAD + 4; // version and flags
const NO_SYNC_SAMPLE = 0x1_0000;
const VISUAL_SAMPLE_ENTRY = 78; // bytes before the boxes of an avc1 entry
const STSD_ENTRIES = 4; // their count

interface Box {
  kind: string;
  /** where its content begins and ends */
  from: number;
  to: number;
}

function viewOf(data: Bytes): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function* boxes(data: Bytes, from: number, to: number): Generator<Box> {
  const view = viewOf(data);
  for (let at = from; at + HEAD <= to; ) {
    const size = view.getUint32(at);
    if (size < HEAD || at + size > to) throw new SealedFormatError("a box that does not fit");
    yield { kind: String.fromCharCode(...data.subarray(at + 4, at + HEAD)), from: at + HEAD, to: at + size };
    at += size;
  }
}

/** The first box along a path; `skip` is what stands before a box's children. */
function find(data: Bytes, path: readonly string[]): Box {
  const skip: Readonly<Record<string, number>> = { stsd: 4 + STSD_ENTRIES, avc1: VISUAL_SAMPLE_ENTRY };
  let within: Box = { kind: "", from: 0, to: data.length };
  for (const kind of path) {
    const next = [...boxes(data, within.from + (skip[within.kind] ?? 0), within.to)].find((box) => box.kind === kind);
    if (!next) throw new SealedFormatError(`no ${kind}`);
    within = next;
  }
  return within;
}

export function readInit(data: Bytes): Init {
  const view = viewOf(data);
  const mdhd = find(data, ["moov", "trak", "mdia", "mdhd"]).from;
  const timescale = view.getUint32(mdhd + (view.getUint8(mdhd) === 1 ? 20 : 12));
  const avcc = find(data, ["moov", "trak", "mdia", "minf", "stbl", "stsd", "avc1", "avcC"]).from;
  const profile = [...data.subarray(avcc + 1, avcc + 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (timescale === 0) throw new SealedFormatError("a timescale of nought");
  return { mime: `video/mp4; codecs="avc1.${profile.toUpperCase()}"`, timescale };
}

/** The flags say which of these stand in each row, in this order (8.8.8). */
const ROW = { duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 };
const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;

export function readFrames(data: Bytes, { timescale }: Init): Frame[] {
  const view = viewOf(data);
  const tfdt = find(data, ["moof", "traf", "tfdt"]).from;
  const base = view.getUint8(tfdt) === 1 ? Number(view.getBigUint64(tfdt + 4)) : view.getUint32(tfdt + 4);
  const { from, to } = find(data, ["moof", "traf", "trun"]);
  const flags = view.getUint32(from) & 0xff_ffff;
  if (!(flags & ROW.duration && flags & ROW.size && flags & ROW.flags)) throw new SealedFormatError("a trun without rows");
  const composed = (flags & ROW.composition) !== 0;
  const rowBytes = composed ? 16 : 12;
  const count = view.getUint32(from + 4);
  let at = from + FULL_HEAD - HEAD + 4 + (flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_FLAGS ? 4 : 0);
  if (at + count * rowBytes > to) throw new SealedFormatError("a trun that is cut off");
  const frames: Frame[] = [];
  let dts = base;
  for (let row = 0; row < count; row += 1, at += rowBytes) {
    const duration = view.getUint32(at);
    frames.push({
      atS: (dts + (composed ? view.getInt32(at + 12) : 0)) / timescale,
      durationS: duration / timescale,
      keyframe: (view.getUint32(at + 8) & NO_SYNC_SAMPLE) === 0,
    });
    dts += duration;
  }
  return frames.sort((one, other) => one.atS - other.atS);
}
