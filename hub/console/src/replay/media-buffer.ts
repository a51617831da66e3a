// SPDX-License-Identifier: EUPL-1.2
// A MediaSource with one SourceBuffer, whose appends and removals wait for each other.
import type { Bytes } from "./sealed";

/** What a reel plays from; times in seconds since the reel's origin. */
export interface PlayBuffer {
  /** init and fragments of one run, whose own times are moved by `offsetS` */
  append: (data: Bytes, mime: string, offsetS: number) => Promise<void>;
  remove: (fromS: number, toS: number) => Promise<void>;
  close: () => void;
}

/** The browser took the bytes but could not play them. */
export class PlaybackError extends Error {
  override name = "PlaybackError";
}

export class MediaBuffer implements PlayBuffer {
  readonly url: string;
  private readonly source = new MediaSource();
  private readonly open: Promise<void>;
  private buffer: SourceBuffer | null = null;
  private mime = "";
  private last: Promise<void> = Promise.resolve();
  private closed = false;

  /** `lengthS`: nothing outside it is kept, whatever the fragments hold. */
  constructor(private readonly lengthS: number) {
    this.url = URL.createObjectURL(this.source);
    this.open = new Promise((resolve) => this.source.addEventListener("sourceopen", () => resolve(), { once: true }));
  }

  append(data: Bytes, mime: string, offsetS: number): Promise<void> {
    return this.then((buffer) => {
      if (this.mime !== mime) buffer.changeType(mime);
      this.mime = mime;
      buffer.abort(); // forgets half a fragment of another run
      buffer.timestampOffset = offsetS;
      buffer.appendBuffer(data);
    }, mime);
  }

  remove(fromS: number, toS: number): Promise<void> {
    return this.then((buffer) => buffer.remove(Math.max(0, fromS), toS));
  }

  close(): void {
    this.closed = true;
    URL.revokeObjectURL(this.url);
  }

  private made(mime: string): SourceBuffer {
    if (this.buffer) return this.buffer;
    if (!MediaSource.isTypeSupported(mime)) throw new PlaybackError(`${mime} is not played here`);
    this.source.duration = this.lengthS;
    this.buffer = this.source.addSourceBuffer(mime);
    this.buffer.appendWindowEnd = this.lengthS;
    this.mime = mime;
    return this.buffer;
  }

  private then(deed: (buffer: SourceBuffer) => void, mime = ""): Promise<void> {
    const done = this.last.then(() => this.open).then(() => this.run(deed, mime));
    this.last = done.catch(() => undefined); // who asked is told; the next one goes on
    return done;
  }

  private async run(deed: (buffer: SourceBuffer) => void, mime: string): Promise<void> {
    if (this.closed || this.source.readyState === "closed") return;
    if (this.buffer === null && mime === "") return;
    try {
      const buffer = this.made(mime);
      const settled = new Promise<void>((resolve, reject) => {
        buffer.addEventListener("updateend", () => resolve(), { once: true });
        buffer.addEventListener("error", () => reject(new PlaybackError("the browser could not take it")), { once: true });
      });
      deed(buffer);
      await settled;
    } catch (failure) {
      if (failure instanceof DOMException) throw new PlaybackError(failure.message, { cause: failure });
      throw failure;
    }
  }
}
