// SPDX-License-Identifier: EUPL-1.2
// What the hub's API answers, as far as the console uses it. Times are microseconds UTC.

export interface Session {
  name: string;
  display: string;
  role: string;
  demo: boolean;
}

export interface Camera {
  camera: string;
  unit: string;
  name: string;
  unit_online: boolean;
  /** by the unit's own report; null where it has not reported */
  recording: boolean | null;
  source_note: string | null;
}

export interface Filming {
  deployment: string;
  number: string;
  title: string;
  from_us: number;
  until_us: number;
  retention_h: number;
  demo: boolean;
  cameras: Camera[];
  /** people, not windows or tiles */
  watching: number;
}

export interface Next {
  number: string;
  from_us: number;
}

/** What should have been erased since then and is not. */
export interface Alarm {
  kind: "erasure-late";
  what: "key" | "footage";
  count: number;
  since_us: number;
}

/** A deployment whose window is over and whose footage is not forgotten yet. */
export interface Recent {
  deployment: string;
  number: string;
  title: string;
  from_us: number;
  ended_us: number;
  /** when the last of it is erased */
  forgotten_us: number;
  cameras: Pick<Camera, "camera" | "unit" | "name" | "source_note">[];
}

export interface Overview {
  now_us: number;
  demo: boolean;
  filming: Filming[];
  recent: Recent[];
  next: Next | null;
  alarms: Alarm[];
}

export interface View {
  camera: string;
  url: string;
  ticket: string;
  until_us: number;
  log_index: number;
}

/** What is known of a stretch of one camera's time. */
export interface Span {
  kind: "recorded" | "fetching" | "gap" | "erased";
  from_us: number;
  to_us: number;
  /** the segment's chain value, where its bytes may be asked for */
  segment?: string;
  run?: string;
  /** a gap's, or why its unit deleted what never came */
  reason?: string;
  /** when its hour key dies */
  due_us?: number;
  starts_on_keyframe?: boolean;
}

export interface CameraFootage {
  camera: string;
  post: string;
  unit: string;
  spans: Span[];
}

export interface Footage {
  now_us: number;
  /** only the oldest: ask again from where the last span begins */
  truncated: boolean;
  cameras: CameraFootage[];
}

export interface ReplayLook {
  camera: string;
  log_index: number;
  until_us: number;
}

export interface RecordKeys {
  segment: string;
  header_sha256: string;
  /** base64 */
  keys: { index: number; key: string }[];
}
