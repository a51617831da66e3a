// SPDX-License-Identifier: EUPL-1.2
// The hub's API for people, each call with the type of its answer: JSON over the page's own origin, with the session in
// a cookie that no script can read. Every screen asks here and nowhere else.
import { language } from "../i18n/language";
import type { Overview, Session, View } from "./types";
import type { Unit } from "./units";

const ANSWER_WITHIN_MS = 8_000;
const OVERVIEW_WITHIN_MS = 4_000; // asked again anyway; what it says of units must not be old when it is missing
/** What a proxy answers when nobody stands behind it: not the hub's own words. */
const PROXY_FAILURES = new Set([502, 504]);

/** The hub did not answer: wait, or look at the line. */
export class HubUnreachableError extends Error {
  override name = "HubUnreachableError";
}

/** The hub answered no, with a reason: problem+json. */
export class RefusedError extends Error {
  override name = "RefusedError";
  constructor(
    readonly status: number,
    /** the last part of the problem's type, such as `log-unavailable` */
    readonly reason: string,
    readonly retryAfterS: number | null,
  ) {
    super(`${status} ${reason}`);
  }
}

async function answer(method: string, path: string, body: unknown, withinMs: number): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(withinMs),
    });
  } catch (failure) {
    throw new HubUnreachableError(`${method} ${path}`, { cause: failure });
  }
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (failure) {
    throw new HubUnreachableError("not the hub's answer", { cause: failure });
  }
}

async function refusal(response: Response): Promise<RefusedError> {
  const named = response.headers.get("Content-Type")?.includes("json") ?? false;
  const problem = named ? ((await json(response)) as { type?: unknown }) : {};
  const type = typeof problem.type === "string" ? problem.type : "";
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new RefusedError(response.status, type.split("/").at(-1) ?? "", Number.isNaN(retryAfter) ? null : retryAfter);
}

async function granted(method: string, path: string, body?: unknown, withinMs = ANSWER_WITHIN_MS): Promise<Response> {
  const response = await answer(method, path, body, withinMs);
  if (PROXY_FAILURES.has(response.status)) throw new HubUnreachableError(`${response.status} for ${path}`);
  if (!response.ok) throw await refusal(response);
  return response;
}

async function ask<T>(method: string, path: string, body?: unknown, withinMs?: number): Promise<T> {
  const response = await granted(method, path, body, withinMs);
  return (response.status === 204 ? undefined : await json(response)) as T;
}

/** A file of the public log, as it lies there; null where the log has none of this name. */
async function logFile(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const response = await granted("GET", `/v1/log/${path}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (failure) {
    if (failure instanceof RefusedError && failure.status === 404) return null;
    if (failure instanceof RefusedError || failure instanceof HubUnreachableError) throw failure;
    throw new HubUnreachableError(path, { cause: failure }); // the answer broke off
  }
}

export const hub = {
  session: () => ask<Session>("GET", "/v1/session"),
  signIn: (name: string, password: string) => ask<Session>("POST", "/v1/session", { name, password }),
  signOut: () => ask<void>("DELETE", "/v1/session"),
  units: () => ask<Unit[]>("GET", "/v1/units"),
  overview: () => ask<Overview>("GET", "/v1/overview", undefined, OVERVIEW_WITHIN_MS),
  /**
   * Writes this look to the log before it answers: each is a line with a number. With `grant`, the number of a look
   * that a broken line cut off, it goes on under that one while it stands, and else begins a new one.
   */
  look: (camera: string, grant: number | null) =>
    ask<View[]>("POST", "/v1/views", { cameras: [camera], purpose: "watch", ...(grant === null ? {} : { grant }) }),
  logFile,
};
