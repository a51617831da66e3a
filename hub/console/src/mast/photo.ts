// SPDX-License-Identifier: EUPL-1.2
// A photo of a phone's camera, made small enough for a thin line: drawn anew, which also leaves out where and with what
// it was taken.

const LONGEST = 1280; // pixels of the longer side: a sign at some metres can be read
const SMALL_ENOUGH = 300_000; // bytes
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

/** It is no picture that this browser can read. */
export class NotAPictureError extends Error {
  override name = "NotAPictureError";
}

function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

export async function smaller(file: Blob): Promise<Blob> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (failure) {
    throw new NotAPictureError("not a picture", { cause: failure });
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  let made: Blob | null = null;
  for (const quality of QUALITIES) {
    made = await encoded(canvas, quality);
    if (made !== null && made.size <= SMALL_ENOUGH) break;
  }
  if (made === null) throw new NotAPictureError("not encoded");
  return made;
}

export async function base64Of(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return btoa(parts.join(""));
}
