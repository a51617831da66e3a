// SPDX-License-Identifier: EUPL-1.2
// Access units become the picture on a canvas. Only the newest decoded frame is kept and drawn; a page that draws
// each one falls behind without showing it. When decoding cannot keep up, it goes on from the next keyframe.
import type { LiveFrame } from "./frame";

export interface Drawn {
  capturedAtUs: number;
  /** performance.now() when it was drawn: the picture is at least as old as this */
  atMs: number;
}

const BASELINE = "avc1.42C01F";
const BUSY_QUEUE = 5; // frames waiting at the decoder that are still an ordinary hiccup
const BUSY_TOO_LONG_MS = 700; // longer than the joining burst (one cached group of pictures) takes to decode
const FULL_QUEUE = 150; // six seconds of 25 frames: memory is bounded whatever the decoder does

export class Picture {
  drawn: Drawn | null = null;
  /** the drawn picture stays, and only ages; what comes is decoded all the same, so that it is there at once again */
  frozen = false;
  private canvas: HTMLCanvasElement | null = null;
  private decoder: VideoDecoder | null = null;
  private codec = "";
  private newest: VideoFrame | null = null;
  private drawing = 0;
  private keyframeNeeded = true;
  private lastSequence = -1;
  private busySinceMs: number | null = null;

  constructor(
    /** another picture is drawn, or none is any more */
    private readonly onChanged: () => void,
    private readonly onUnsupported: () => void,
  ) {}

  /** Whether this browser decodes what units send: H.264, at least its constrained baseline. */
  static async possible(): Promise<boolean> {
    if (typeof VideoDecoder !== "function") return false;
    const { supported } = await VideoDecoder.isConfigSupported({ codec: BASELINE });
    return supported === true;
  }

  readonly attach = (canvas: HTMLCanvasElement | null): void => {
    this.canvas = canvas;
  };

  /** No `description`: the access units carry their own parameter sets (Annex B). */
  start(codec: string): void {
    this.codec = codec;
    this.restart();
  }

  push(frame: LiveFrame): void {
    const gap = this.lastSequence >= 0 && frame.sequence !== this.lastSequence + 1;
    this.lastSequence = frame.sequence;
    if (!frame.keyframe && (gap || this.behind())) this.keyframeNeeded = true;
    if (this.codec === "" || (this.keyframeNeeded && !frame.keyframe)) return;
    if (this.keyframeNeeded && (this.decoder?.decodeQueueSize ?? 0) > BUSY_QUEUE) this.restart();
    if (!this.decoder || this.decoder.state === "closed") this.restart();
    this.keyframeNeeded = false;
    this.decoder?.decode(
      new EncodedVideoChunk({
        type: frame.keyframe ? "key" : "delta",
        timestamp: frame.capturedAtUs,
        data: frame.accessUnit,
      }),
    );
  }

  /** The canvas goes black and nothing of the last picture remains, nor of those still being decoded. */
  wipe(): void {
    this.drawn = null;
    this.frozen = false;
    this.forget();
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.keyframeNeeded = true;
    const context = this.canvas?.getContext("2d", { alpha: false });
    if (this.canvas && context) context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.onChanged();
  }

  stop(): void {
    this.forget();
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    this.lastSequence = -1;
    this.keyframeNeeded = true;
  }

  private forget(): void {
    window.cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    this.newest?.close();
    this.newest = null;
  }

  private restart(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    const decoder = new VideoDecoder({
      output: (frame) => this.keep(frame),
      error: (failure) => {
        if (this.decoder !== decoder) return;
        if (failure.name === "NotSupportedError") return this.onUnsupported();
        console.warn("decoding stopped until the next keyframe:", failure.message);
        this.keyframeNeeded = true;
      },
    });
    decoder.configure({ codec: this.codec, optimizeForLatency: true });
    this.decoder = decoder;
    this.keyframeNeeded = true;
    this.busySinceMs = null;
  }

  private behind(): boolean {
    const queue = this.decoder?.decodeQueueSize ?? 0;
    const nowMs = performance.now();
    if (queue <= BUSY_QUEUE) {
      this.busySinceMs = null;
      return false;
    }
    this.busySinceMs ??= nowMs;
    return queue > FULL_QUEUE || nowMs - this.busySinceMs > BUSY_TOO_LONG_MS;
  }

  private keep(frame: VideoFrame): void {
    if (this.frozen) return frame.close();
    this.newest?.close();
    this.newest = frame;
    if (this.drawing === 0) this.drawing = window.requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawing = 0;
    const frame = this.newest;
    this.newest = null;
    if (!frame) return;
    const canvas = this.canvas;
    const context = canvas?.getContext("2d", { alpha: false });
    if (canvas && context) {
      if (canvas.width !== frame.displayWidth || canvas.height !== frame.displayHeight) {
        canvas.width = frame.displayWidth;
        canvas.height = frame.displayHeight;
      }
      context.drawImage(frame, 0, 0, canvas.width, canvas.height);
      this.drawn = { capturedAtUs: frame.timestamp, atMs: performance.now() };
    }
    frame.close();
    if (this.drawn) this.onChanged();
  }
}
