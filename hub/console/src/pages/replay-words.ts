// SPDX-License-Identifier: EUPL-1.2
// What a picture that cannot be shown says, and what a gap is called.
import type { Span } from "../hub/types";
import type { Language, Say } from "../i18n/language";
import type { BrokenAt, Failure } from "../replay/reel";
import type { Showing } from "../replay/screening";
import type { Rate } from "../replay/transport";
import { clockSeconds, momentSeconds } from "../words/times";

export interface ReplayWords {
  title: string;
  body: string | null;
  /** pressing it asks for a look here */
  look: boolean;
}

const reasons = {
  "no-process": "replay.reasons.noProcess",
  "no-order": "replay.reasons.noOrder",
  "no-lease": "replay.reasons.noLease",
  "no-key": "replay.reasons.noKey",
  "no-picture": "replay.reasons.noPicture",
  disk: "replay.reasons.disk",
  full: "replay.reasons.full",
  behind: "replay.reasons.behind",
  clock: "replay.reasons.clock",
  refused: "replay.reasons.refused",
} as const;

const flaws = {
  ciphertext: "replay.flawCiphertext",
  seal: "replay.flawSeal",
  plaintext: "replay.flawPlaintext",
  "no-key": "replay.flawNoKey",
  format: "replay.flawFormat",
  stored: "replay.flawStored",
} as const;

export function reasonWords(reason: string | undefined, say: Say): string {
  return say(reason !== undefined && reason in reasons ? reasons[reason as keyof typeof reasons] : "replay.reasons.unknown");
}

export function flawWords({ fromUs, toUs, flaw, index }: BrokenAt, say: Say, language: Language): string {
  const range = { from: clockSeconds(fromUs, language), to: clockSeconds(toUs, language) };
  return say("replay.brokenBody", { index, flaw: say(flaws[flaw]), ...range });
}

export function rateWords(rate: Rate, say: Say): string {
  if (rate === 0) return say("replay.rateStill");
  return rate > 0 ? say("replay.rateForward", { rate }) : say("replay.rateBack", { rate: -rate });
}

export function spanWords(span: Span | null, say: Say): string {
  if (span === null) return say("replay.unknownTitle");
  if (span.kind === "gap") return say("replay.gapTitle", { reason: reasonWords(span.reason, say) });
  const named = { recorded: "replay.legendRecorded", fetching: "replay.legendFetching", erased: "replay.legendErased" } as const;
  return say(named[span.kind]);
}

/** Of a look that was asked for, or of a segment under it. */
export function failureWords({ kind, status }: Failure, asked: boolean, say: Say): ReplayWords {
  const look = asked;
  switch (kind) {
    case "line":
      return { title: say("replay.lineTitle"), body: asked ? say("replay.lineAskBody") : say("replay.lineBody"), look };
    case "log":
      return { title: say("replay.logTitle"), body: say("replay.logBody"), look };
    case "hub":
      return { title: say("replay.hubTitle"), body: say("replay.lineBody"), look };
    case "erased":
      return { title: say("replay.erasedTitle"), body: null, look: false };
    case "grant":
      return { title: say("replay.grantTitle"), body: say("replay.overBody"), look: true };
    case "away":
      return { title: say("replay.awayTitle"), body: say("replay.lineBody"), look };
    case "absent":
      return { title: say("replay.absentTitle"), body: say("replay.absentBody"), look: false };
    case "altered":
      return { title: say("replay.brokenTitle"), body: say("replay.flawStored"), look: false };
    case "browser":
      return { title: say("replay.browserTitle"), body: say("replay.browserBody"), look: false };
    case "refused":
    case "signed-out":
      return status === 403
        ? { title: say("replay.refusedTitle"), body: say("replay.refusedBody"), look: false }
        : { title: say("replay.failedTitle", { status: status ?? 0 }), body: say("replay.failedBody"), look };
  }
}

interface Scene {
  showing: Showing;
  unit: string;
  /** a look opens this moment */
  open: boolean;
  /** one opens another moment */
  anyOpen: boolean;
  failure: Failure | null;
  nowUs: number;
  say: Say;
  language: Language;
}

function spanTold({ span, kind }: Showing & { span: Span }, { unit, open, nowUs, say, language }: Scene): ReplayWords {
  const range = { from: clockSeconds(span.from_us, language), to: momentSeconds(span.to_us, nowUs, language) };
  if (kind === "gap") {
    const title = say("replay.gapTitle", { reason: reasonWords(span.reason, say) });
    return { title, body: say("replay.gapBody", { ...range, unit }), look: !open };
  }
  if (kind === "fetching") return { title: say("replay.fetchingTitle", { unit }), body: say("replay.fetchingBody", range), look: false };
  const body = span.reason === undefined ? say("replay.erasedBody", range) : say("replay.erasedAtUnitBody", { ...range, unit });
  return { title: say("replay.erasedTitle"), body, look: false };
}

/** null where a picture stands. */
export function showingWords(scene: Scene): ReplayWords | null {
  const { showing, failure, anyOpen, say, language } = scene;
  switch (showing.kind) {
    case "shown":
      return null;
    case "asking":
      return { title: say("replay.askingTitle"), body: say("replay.askingBody"), look: false };
    case "loading":
      return { title: say("replay.loadingTitle"), body: say("replay.loadingBody"), look: false };
    case "unknown":
      return { title: say("replay.unknownTitle"), body: say("replay.unknownBody"), look: false };
    case "over":
      return { title: say("replay.overTitle"), body: say("replay.overBody"), look: true };
    case "closed":
      if (failure) return failureWords(failure, true, say);
      return { title: anyOpen ? say("replay.outsideTitle") : say("replay.closedTitle"), body: say("replay.closedBody"), look: true };
    case "broken":
      return { title: say("replay.brokenTitle"), body: flawWords(showing.broken, say, language), look: false };
    case "failed":
      return failureWords(showing.failure, false, say);
    default:
      return spanTold(showing, scene);
  }
}
