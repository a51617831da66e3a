// SPDX-License-Identifier: EUPL-1.2
// What the hub's API answers, as far as the console uses it. Times are microseconds UTC.

export type Role = "operator" | "approver" | "installer" | "viewer";

/** @schema SignedInPerson */
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

/** @schema FilmingCamera */
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

/**
 * Somebody looks now; `log_index` is the number of their look.
 * @schema Look
 */
export interface Looker {
  name: string;
  purpose: "watch" | "replay";
  cameras: string[];
  log_index: number;
  since_us: number;
}

/**
 * How much longer one of the team may have it film, and how often that was done.
 * @schema OverrunState
 */
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

/** @schema FilmingDeployment */
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
  /** the roster's names of who signed its decision */
  approved_by: string[];
  cameras: Camera[];
  /** people, not windows or tiles */
  watching: number;
  looks: Looker[];
}

/**
 * A window that opens later; `placed` of its `posts` have a unit.
 * @schema NextWindow
 */
export interface Next {
  deployment: string;
  number: string;
  title: string;
  from_us: number;
  to_us: number;
  posts: number;
  placed: number;
}

/**
 * What somebody must see to: what should have been erased since then and is not, or a camera that should film now.
 * @schema Alarm
 */
export interface Alarm {
  kind: "erasure-late" | "unit-silent" | "camera-failing" | "posts-unplaced" | "unit-not-ready";
  since_us: number | null;
  what: "key" | "footage" | null;
  count: number | null;
  number: string | null;
  unit: string | null;
  camera: string | null;
  name: string | null;
  rule: string | null;
  until_us: number | null;
  /** at which no camera is placed */
  posts: string[];
  /** by which a unit is not ready; `report` where nothing is known of it */
  checks: string[];
}

/**
 * A deployment whose window is over and whose footage is not forgotten yet.
 * @schema RecentDeployment
 */
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

/** @schema Overview */
export interface Overview {
  now_us: number;
  demo: boolean;
  filming: Filming[];
  recent: Recent[];
  next: Next | null;
  upcoming: Next[];
  alarms: Alarm[];
}

/** @schema View */
export interface View {
  camera: string;
  url: string;
  ticket: string;
  until_us: number;
  log_index: number;
}

/**
 * What is known of a stretch of one camera's time.
 * @schema hub__footage__routes__Span
 */
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

/** @schema CameraFootage */
export interface CameraFootage {
  camera: string;
  post: string;
  unit: string;
  spans: Span[];
}

/** @schema Recorded */
export interface Footage {
  now_us: number;
  /** only the oldest: ask again from where the last span begins */
  truncated: boolean;
  cameras: CameraFootage[];
}

/** @schema ReplayView */
export interface ReplayLook {
  camera: string;
  log_index: number;
  until_us: number;
}

/** @schema ReleasedKeys */
export interface RecordKeys {
  segment: string;
  header_sha256: string;
  /** base64 */
  keys: { index: number; key: string }[];
}

/**
 * 1e-7 degree.
 * @schema PositionBody
 */
export interface Position {
  lat_e7: number;
  lon_e7: number;
}

/**
 * A record to sign or signed.
 * @schema RecordView
 */
export interface RecordView {
  type: string;
  digest: string;
  /** base64 of the exact bytes */
  body: string;
  signed_by: string[];
  log_index: number | null;
}

export interface Setup {
  from_us: number;
  to_us: number;
}

/** @schema AssignmentView */
export interface AssignmentView extends RecordView {
  post: string;
  unit: string;
  camera: string;
  serial: number;
  /** for aiming alone, in this stretch */
  setup: Setup | null;
}

/** @schema SigningView */
export interface Signing {
  slot: string;
  name: string;
  at_us: number;
}

/** @schema SentBackView */
export interface SentBack {
  by: string;
  reason: string;
  at_us: number;
}

/**
 * By whose mandate, and why it could not wait.
 * @schema UrgentView
 */
export interface Urgent {
  mandate_holder: string;
  reason: string;
}

/**
 * What an urgent deployment owes.
 * @schema DutyView
 */
export interface Duty {
  duty: string;
  due_us: number;
  done_at_us: number | null;
  done_by: string | null;
  note: string | null;
}

/** @schema DeploymentView */
export interface DeploymentView {
  id: string;
  number: string;
  title: string;
  state: "draft" | "decided" | "open" | "over";
  created_by: string;
  created_at_us: number;
  /** the newest plan that was submitted for it */
  plan: string | null;
  urgent: Urgent | null;
  /** what waits for signatures, else what stands; null where the only draft was sent back */
  decision: RecordView | null;
  /** what stands while a newer one waits */
  previous: RecordView | null;
  signatures: Signing[];
  sent_back: SentBack | null;
  assignments: AssignmentView[];
  /** those of them that wait for a signature of the team */
  pending: AssignmentView[];
  duties: Duty[];
}

/**
 * One deployment, with what stands beside its decision and is no part of what is signed.
 * @schema DeploymentPage
 */
export interface DeploymentPage extends DeploymentView {
  /** found by the hub in the plan, as long as its decision waits */
  warnings: Finding[];
  /** what else was weighed, in the planner's words */
  alternatives: string | null;
}

/**
 * What stands in the way (`refuse`) or should be thought about (`warn`), in the asker's language.
 * @schema FindingView
 */
export interface Finding {
  rule: string;
  kind: string;
  title: string;
  detail: string;
  /** the field of the body that it is about */
  field: string;
  severity: "refuse" | "warn";
  parameters: Record<string, unknown>;
}

/**
 * Somebody of the roster, and what they can sign with.
 * @schema ApproverView
 */
export interface Approver {
  slot: string;
  /** as the roster names the slot */
  name: string;
  /** the display name of the account that has the slot */
  person: string | null;
  state: "unbound" | "bound";
  counter: number | null;
  codes_left: number;
  fingerprint: string | null;
  last_tried_at_us: number | null;
}

/** @schema TeamPerson */
export interface TeamPerson {
  name: string;
  display: string;
  role: "operator" | "installer";
  demo: boolean;
  key: string | null;
  fingerprint: string | null;
}
