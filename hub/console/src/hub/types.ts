// SPDX-License-Identifier: EUPL-1.2
// What the hub's API answers, as far as the console uses it. Times are microseconds UTC.

export interface Session {
  name: string;
  display: string;
}

export interface Camera {
  camera: string;
  unit: string;
  name: string;
  unit_online: boolean;
  recording: boolean;
  source_note: string | null;
}

export interface Filming {
  deployment: string;
  number: string;
  title: string;
  from_us?: number | null;
  until_us: number;
  demo: boolean;
  cameras: Camera[];
  watching: number;
}

export interface Overview {
  now_us: number;
  demo: boolean;
  filming: Filming[];
  next: { number: string; from_us: number } | null;
}

export interface View {
  camera: string;
  url: string;
  ticket: string;
  until_us: number;
  log_index: number;
}
