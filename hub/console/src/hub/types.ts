// SPDX-License-Identifier: EUPL-1.2
// What the hub's API answers, as far as the console uses it. Times are microseconds UTC.

export type Role = "operator" | "approver" | "installer" | "viewer";

export interface Session {
  name: string;
  display: string;
  role: Role;
  demo: boolean;
  /** an approver's place in the roster */
  slot: string | null;
  /** the fingerprint of the key that this person signs with */
  key: string | null;
}

export interface Camera {
  camera: string;
  unit: string;
  name: string;
  unit_online: boolean;
  /** since when it is online, or offline */
  since_us: number | null;
  /** what it does, why it does not film, and whether it records, by the unit's own report; null where it has not */
  doing: "filming" | "waiting" | "refused" | "failing" | null;
  rule: string | null;
  recording: boolean | null;
  source_note: string | null;
}

/** Somebody looks now; `log_index` is the number of their look. */
export interface Looker {
  name: string;
  purpose: "watch" | "replay";
  cameras: string[];
  log_index: number;
  since_us: number;
}

/** How much longer one of the team may have it film, and how often that was done. */
export interface OverrunState {
  times: number;
  minutes: number;
  taken: number;
  left: number;
  /** when it ends with all of its overrun */
  last_us: number;
  /** until when it would film with one more; null where none may be taken */
  next_us: number | null;
}

export interface Filming {
  deployment: string;
  number: string;
  title: string;
  regime: string;
  serial: number;
  recording_mode: string;
  overrun: OverrunState;
  /** until when it stands that filming is necessary (R06) */
  necessary_until_us: number | null;
  /** fingerprints of the keys that may prolong it */
  operators: string[];
  from_us: number;
  until_us: number;
  retention_h: number;
  demo: boolean;
  cameras: Camera[];
  /** people, not windows or tiles */
  watching: number;
  looks: Looker[];
}

/** A window that opens later; `placed` of its `posts` have a unit. */
export interface Next {
  deployment: string;
  number: string;
  title: string;
  from_us: number;
  to_us: number;
  posts: number;
  placed: number;
}

/** What somebody must see to: what should have been erased since then and is not, or a camera that should film now. */
export interface Alarm {
  kind: "erasure-late" | "unit-silent" | "camera-failing";
  since_us: number | null;
  what: "key" | "footage" | null;
  count: number | null;
  number: string | null;
  unit: string | null;
  camera: string | null;
  name: string | null;
  rule: string | null;
  until_us: number | null;
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
  upcoming: Next[];
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
