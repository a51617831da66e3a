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

export interface Overview {
  now_us: number;
  demo: boolean;
  filming: Filming[];
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
