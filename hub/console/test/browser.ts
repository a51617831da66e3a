// SPDX-License-Identifier: EUPL-1.2
// As much of a browser as a look needs: timers that are moved by hand, a hub that answers what a test says, and sockets
// that a test closes.
import { vi } from "vitest";
import type { View } from "../src/hub/types";

export class FakeSocket {
  static readonly OPEN = 1;
  static opened: FakeSocket[] = [];
  readonly readyState = FakeSocket.OPEN;
  binaryType = "";
  onopen: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;

  constructor(readonly url: URL) {
    FakeSocket.opened.push(this);
  }

  send(): void {}

  close(): void {}

  says(message: Record<string, unknown>): void {
    this.onmessage({ data: JSON.stringify(message) });
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }
}

export interface FakeHub {
  /** the bodies of all questions for a look */
  asked: { grant?: number; cameras: string[] }[];
  /** null: it cannot be reached */
  answer: (grant: number | undefined, cameras: string[]) => View | View[] | number | null;
}

export function view(logIndex: number, untilUs: number): View {
  return { camera: "camera-1", url: "/live", ticket: "t", until_us: untilUs, log_index: logIndex };
}

function problem(status: number): Response {
  return new Response("{}", { status, headers: { "Content-Type": "application/problem+json" } });
}

export function browser(answer: FakeHub["answer"]): FakeHub {
  const fake: FakeHub = { asked: [], answer };
  FakeSocket.opened = [];
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("location", { href: "http://localhost/", origin: "http://localhost" });
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("VideoDecoder", class {
    static isConfigSupported = () => Promise.resolve({ supported: true });
  });
  vi.stubGlobal("fetch", (_path: string, init: { body: string }) => {
    const body = JSON.parse(init.body) as { grant?: number; cameras: string[] };
    fake.asked.push(body);
    const given = fake.answer(body.grant, body.cameras);
    if (given === null) return Promise.reject(new TypeError("no network"));
    return Promise.resolve(typeof given === "number" ? problem(given) : Response.json([given].flat(), { status: 201 }));
  });
  return fake;
}

export function noBrowser(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
}
