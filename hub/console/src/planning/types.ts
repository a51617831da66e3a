// SPDX-License-Identifier: EUPL-1.2
// What the hub's API says of plans, and of what a plan stands on. Times are microseconds UTC, places 1e-7 degree,
// angles thousandths of a degree, heights millimetres. Every field of a plan may be absent: half-filled is saved.
import type { Position } from "../hub/types";

export type { Finding, Position } from "../hub/types";

/**
 * Clockwise from north, down from the horizon, the width of the view, and how high the camera hangs.
 * @schema ViewBody
 */
export interface PlanView {
  azimuth_mdeg: number;
  tilt_mdeg: number;
  hfov_mdeg: number;
  height_mm: number;
}

export interface PlanPost {
  post: string;
  name: string;
  position: Position;
  /** what this post may see; empty is the plan's area */
  area: Position[];
  view: PlanView;
  width_px: number;
  height_px: number;
  ceiling_px_per_m: number;
}

/**
 * Where people enter the area: each gets a sign.
 */
export interface Entry {
  entry: string;
  name: string;
  position: Position;
}

/** An urgent plan's window may begin when it is submitted: then its start is null. */
export interface PlanWindow {
  from_us: number | null;
  to_us: number;
}

export type RegimeName = "G151C" | "PW3" | "COUNT";
export type Recording = "none" | "on_reason" | "continuous";

/** @schema PlanBody */
export interface PlanBody {
  regime?: RegimeName | null;
  designation?: string | null;
  /** where the consultation with the public prosecutor is written down */
  consultation?: string | null;
  necessity?: string | null;
  alternatives?: string | null;
  expected_people?: number | null;
  area?: Position[];
  entries?: Entry[];
  posts?: PlanPost[];
  windows?: PlanWindow[];
  overrun?: { times: number; minutes: number } | null;
  recording?: Recording | null;
  recording_reason?: string | null;
  prebuffer_s?: number | null;
  on_link_loss?: "record" | "stop" | null;
  retention_h?: number | null;
  offline_grace_s?: number | null;
  team?: { operators: string[]; installers: string[] };
  max_units?: number | null;
  floor_px_per_m?: number | null;
  ceiling_px_per_m?: number | null;
  urgent?: { mandate_holder: string; reason: string } | null;
}

export type PlanField = keyof PlanBody;

/** @schema PlanSummary */
export interface PlanSummary {
  id: string;
  title: string;
  state: "editing" | "submitted" | "decided";
  version: number;
  changed_by: string;
  changed_at_us: number;
  deployment: string | null;
  number: string | null;
}

/** @schema PlanView */
export interface Plan extends PlanSummary {
  body: PlanBody;
}

/** @schema PlanVersion */
export interface PlanVersion {
  version: number;
  changed_by: string;
  changed_at_us: number;
}

/**
 * What follows from a regime, in the asker's language.
 * @schema RegimeView
 */
export interface Regime {
  regime: RegimeName;
  law: string;
  controller: string;
  /** roles */
  live: string[];
  replay: string[];
  review: string;
  retention_h: number;
  retention_ceiling_h: number;
  pictures: boolean;
}

/** @schema DesignationView */
export interface Designation {
  id: string;
  delegation: string;
  name: string;
  publication: string | null;
  area: Position[];
  valid_from_us: number;
  valid_to_us: number;
}

/**
 * By which article a council lets the mayor decide, from when to when, and how far.
 * @schema DelegationView
 */
export interface Delegation {
  id: string;
  ordinance: string;
  article: string;
  regime: RegimeName;
  valid_from_us: number;
  valid_to_us: number;
  mobile_allowed: boolean;
  max_window_h: number;
  max_designation_days: number;
}

