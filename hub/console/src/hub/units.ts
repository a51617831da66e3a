// SPDX-License-Identifier: EUPL-1.2
// The units there are and how each is, asked for while somebody looks.
import { hub } from "./api";
import { useAsked, type Asked } from "./asking";
import type { Thing } from "./changes";

/** @schema CheckView */
export interface Check {
  check: string;
  ok: boolean;
  /** a key of the words, with the figures in them */
  says: string;
  parameters: Record<string, number | string>;
  /** right now, and nothing keeps it so */
  warns: boolean;
}

/**
 * As the unit last said; sizes in bytes, times in microseconds UTC.
 * @schema HealthView
 */
export interface UnitHealth {
  received_at_us: number;
  firmware: string;
  clock_synchronised: boolean;
  clock_error_us: number;
  certificate_until_us: number;
  disk_free: number;
  disk_total: number;
  spool_bytes: number;
  spool_limit: number;
  unsent: number;
  oldest_unsent_us: number | null;
}

/** @schema hub__fleet__showing__WindowView */
export interface UnitWindow {
  deployment: string;
  number: string;
  from_us: number;
  to_us: number;
}

/** @schema UnitView */
export interface Unit {
  unit: string;
  camera: string;
  source_note: string | null;
  /** SHA-256 of its identity key, which rises the epoch where it is another one */
  fingerprint: string;
  epoch: number;
  state: "active" | "revoked";
  online: boolean;
  seen_at_us: number | null;
  since_us: number | null;
  doing: "filming" | "waiting" | "refused" | "failing" | null;
  rule: string | null;
  /** these only operators are told */
  next: UnitWindow | null;
  health: UnitHealth | null;
  ready: Check[];
}

const SHOWN: readonly Thing[] = ["units", "deployments"];

export function useUnits(onSignedOut: () => void): Asked<Unit[]> {
  return useAsked(hub.units, SHOWN, onSignedOut);
}
