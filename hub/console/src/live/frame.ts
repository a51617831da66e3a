// SPDX-License-Identifier: EUPL-1.2
// One binary message of the live line: 14 bytes of header, big-endian, then one H.264 access unit in Annex B.

export interface LiveFrame {
  keyframe: boolean;
  capturedAtUs: number;
  sequence: number;
  accessUnit: Uint8Array;
}

const HEADER_BYTES = 14;
const VERSION = 1;
const KEYFRAME_BIT = 1;

/** null when this is not a message of the version that this page speaks. */
export function readFrame(message: ArrayBuffer): LiveFrame | null {
  if (message.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(message);
  if (view.getUint8(0) !== VERSION) return null;
  return {
    keyframe: (view.getUint8(1) & KEYFRAME_BIT) !== 0,
    capturedAtUs: Number(view.getBigInt64(2)), // exact until the year 2255
    sequence: view.getUint32(10),
    accessUnit: new Uint8Array(message, HEADER_BYTES),
  };
}
