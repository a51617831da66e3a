// SPDX-License-Identifier: EUPL-1.2
// The hub's API for people, each call with the type of its answer: JSON over the page's own origin, with the session in
// a cookie that no script can read. Every screen asks here and nowhere else.
import { language } from "../i18n/language";
import type { Bytes, ReleasedKeys } from "../replay/sealed";
import type { Footage, Overview, RecordKeys, ReplayLook, Session, View } from "./types";
import type { Unit } from "./units";

const ANSWER_WITHIN_MS = 8_000;
const FOOTAGE_WITHIN_MS = 20_000; // a segment is megabytes, and the line may be thin
const OVERVIEW_WITHIN_MS = 4_000; // asked again anyway; what it says of units must not be old when it is missing
/** What a proxy answers when nobody stands behind it: not the hub's own words. */
const PROXY_FAILURES = new Set([502, 504]);

/** The hub did not answer: wait, or look at the line. */
export class HubUnreachableError extends Error {
  override name = "HubUnreachableError";
}

/** What a refusal says beside its reason (RFC 9457, with the rule's id and parameters of its own). */
export interface Problem {
  type?: unknown;
  rule?: unknown;
  title?: unknown;
  detail?: unknown;
  [parameter: string]: unknown;
}

/** The hub answered no, with a reason: problem+json. */
export class RefusedError extends Error {
  override name = "RefusedError";
  constructor(
    readonly status: number,
    /** the last part of the problem's type, such as `log-unavailable` */
    readonly reason: string,
    readonly retryAfterS: number | null,
    /** the whole problem: its rule, its words in the page's language, and its parameters */
    readonly problem: Problem = {},
  ) {
    super(`${status} ${reason}`);
  }
}

/** Nobody is signed in any more: that is said by the page as a whole. */
export function isSignedOut(failure: unknown): boolean {
  return failure instanceof RefusedError && failure.status === 401;
}

/** How long an answer may take, and who may no longer want it. */
interface Patience {
  withinMs?: number | undefined;
  unless?: AbortSignal;
}

async function answer(method: string, path: string, body: unknown, { withinMs = ANSWER_WITHIN_MS, unless }: Patience): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: unless ? AbortSignal.any([AbortSignal.timeout(withinMs), unless]) : AbortSignal.timeout(withinMs),
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
  const problem = named ? ((await json(response)) as Problem) : {};
  const type = typeof problem.type === "string" ? problem.type : "";
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfterS = Number.isNaN(retryAfter) ? null : retryAfter;
  return new RefusedError(response.status, type.split("/").at(-1) ?? "", retryAfterS, problem);
}

async function granted(method: string, path: string, body?: unknown, patience: Patience = {}): Promise<Response> {
  const response = await answer(method, path, body, patience);
  if (PROXY_FAILURES.has(response.status)) throw new HubUnreachableError(`${response.status} for ${path}`);
  if (!response.ok) throw await refusal(response);
  return response;
}

/** One request of the API; each room of the console types its own. */
export async function ask<T>(method: string, path: string, body?: unknown, patience?: Patience): Promise<T> {
  const response = await granted(method, path, body, patience);
  return (response.status === 204 ? undefined : await json(response)) as T;
}

async function bytes(response: Response, what: string): Promise<Bytes> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (failure) {
    throw new HubUnreachableError(what, { cause: failure }); // the answer broke off
  }
}

/** Ciphertext: the header, record 0 and the records that overlap the stretch. */
async function records(segment: string, grant: number, fromUs: number, toUs: number, unless: AbortSignal): Promise<Bytes> {
  const path = `/v1/segments/${segment}/records?from_us=${fromUs}&to_us=${toUs}&grant=${grant}`;
  return bytes(await granted("GET", path, undefined, { withinMs: FOOTAGE_WITHIN_MS, unless }), path);
}

/** The keys of these records, which the keeper releases under the logged look `grant`. */
async function keys(segment: string, grant: number, fromUs: number, toUs: number, unless: AbortSignal): Promise<ReleasedKeys> {
  const body = { grant, from_us: fromUs, to_us: toUs };
  const released = await ask<RecordKeys>("POST", `/v1/segments/${segment}/keys`, body, { unless });
  const opened = released.keys.map(({ index, key }) => [index, Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0))] as const);
  return { headerSha256: released.header_sha256, keys: new Map(opened) };
}

/** A file of the public log, as it lies there; null where the log has none of this name. */
async function logFile(path: string): Promise<Bytes | null> {
  try {
    return await bytes(await granted("GET", `/v1/log/${path}`), path);
  } catch (failure) {
    if (failure instanceof RefusedError && failure.status === 404) return null;
    throw failure;
  }
}

export const hub = {
  session: () => ask<Session>("GET", "/v1/session"),
  signIn: (name: string, password: string) => ask<Session>("POST", "/v1/session", { name, password }),
  signOut: () => ask<void>("DELETE", "/v1/session"),
  units: () => ask<Unit[]>("GET", "/v1/units"),
  overview: () => ask<Overview>("GET", "/v1/overview", undefined, { withinMs: OVERVIEW_WITHIN_MS }),
  /**
   * Writes this look to the log before it answers: each is a line with a number. With `grant`, the number of a look
   * that a broken line cut off, it goes on under that one while it stands, and else begins a new one.
   */
  look: (cameras: readonly string[], grant: number | null) =>
    ask<View[]>("POST", "/v1/views", { cameras, purpose: "watch", ...(grant === null ? {} : { grant }) }),
  /** What is recorded of a deployment's cameras, without any picture. */
  footage: (deployment: string, fromUs: number, toUs: number) =>
    ask<Footage>("GET", `/v1/footage?deployment=${encodeURIComponent(deployment)}&from_us=${fromUs}&to_us=${toUs}`),
  /** Writes the look back to the log, each camera and this stretch of time, before it answers. */
  lookBack: (cameras: readonly string[], fromUs: number, toUs: number) =>
    ask<ReplayLook[]>("POST", "/v1/views", { cameras, purpose: "replay", from_us: fromUs, to_us: toUs }),
  records,
  keys,
  logFile,
};
