// SPDX-License-Identifier: EUPL-1.2
// One live line: a WebSocket for one camera under one ticket. It opens with the ticket, answers with the hub's time,
// and tells every half minute that somebody is still there. A line that was silent too long counts as broken.
import { readFrame, type LiveFrame } from "./frame";

export interface Opened {
  hubTimeUs: number;
  /** null until the unit has sent its first picture */
  codec: string | null;
  logIndex: number;
  untilUs: number;
}

export interface LineEvents {
  opened: (opened: Opened) => void;
  /** what the pictures from here on are made with */
  codec: (codec: string) => void;
  frame: (frame: LiveFrame) => void;
  hubTime: (hubTimeUs: number) => void;
  unit: (online: boolean, sinceUs: number | null) => void;
  /** `heardMs` is when anything last came over it (performance.now) */
  closed: (code: number, heardMs: number) => void;
}

const HERE_EVERY_MS = 30_000; // the hub closes after 60 s without
const SILENT_AFTER_MS = 12_000; // the hub speaks at least every 5 s
const WATCH_EVERY_MS = 1_000;
/** Not sent over the line: what the page itself concludes from silence. */
export const CLOSED_BY_SILENCE = 1006;

type Message = Record<string, unknown>;

function parsed(text: string): Message {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? (message as Message) : {};
  } catch (failure) {
    console.warn("not a message of the live line", failure);
    return {};
  }
}

function whole(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

export class Line {
  private readonly socket: WebSocket;
  private readonly watchdog: number;
  private hereMs = performance.now();
  private heardMs = performance.now();
  private over = false;

  constructor(
    path: string,
    ticket: string,
    private readonly events: LineEvents,
  ) {
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.socket.send(ticket);
    this.socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.hear(event.data);
    this.socket.onclose = (event) => this.end(event.code);
    this.watchdog = window.setInterval(() => this.watch(), WATCH_EVERY_MS);
  }

  /** The person leaves: nothing is reported any more. */
  leave(): void {
    this.over = true;
    window.clearInterval(this.watchdog);
    this.socket.close(1000);
  }

  private end(code: number): void {
    if (this.over) return;
    this.leave();
    this.events.closed(code, this.heardMs);
  }

  private watch(): void {
    if (performance.now() - this.heardMs > SILENT_AFTER_MS) this.end(CLOSED_BY_SILENCE);
    else this.here();
  }

  /** Also called on each message, for a hidden page's timers may come only once a minute. */
  private here(): void {
    const nowMs = performance.now();
    if (this.socket.readyState !== WebSocket.OPEN || nowMs - this.hereMs < HERE_EVERY_MS) return;
    this.hereMs = nowMs;
    this.socket.send(JSON.stringify({ type: "here" }));
  }

  private hear(data: string | ArrayBuffer): void {
    if (this.over) return;
    this.heardMs = performance.now();
    this.here();
    if (typeof data === "string") return this.told(parsed(data));
    const frame = readFrame(data);
    if (frame) this.events.frame(frame);
  }

  private told(message: Message): void {
    const hubTimeUs = whole(message["hub_time_us"]);
    if (message["type"] === "time" && hubTimeUs !== null) this.events.hubTime(hubTimeUs);
    if (message["type"] === "unit") this.events.unit(message["online"] === true, whole(message["since_us"]));
    const codec = typeof message["codec"] === "string" ? message["codec"] : null;
    if (message["type"] === "codec" && codec !== null) this.events.codec(codec);
    if (message["type"] !== "opened") return;
    const logIndex = whole(message["log_index"]);
    const untilUs = whole(message["until_us"]);
    if (hubTimeUs === null || logIndex === null || untilUs === null) return;
    this.events.opened({ hubTimeUs, codec, logIndex, untilUs });
  }
}
