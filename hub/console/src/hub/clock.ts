// SPDX-License-Identifier: EUPL-1.2
// What time it is at the hub. The browser's own clock may be wrong by hours, so it is never asked for the time:
// the hub says what time it is, and the page counts on from there with a clock that only goes forward.

interface Heard {
  atMs: number;
  offsetUs: number;
}

const REMEMBER_MS = 60_000; // long enough to meet one quick message, short enough to follow a clock that drifts
const SLEEP_MS = 1_000; // a smaller jump of the wall clock is somebody's NTP

export class HubClock {
  private heard: Heard[] = [];
  private sleptUs = 0;
  private wallAheadMs: number | null = null;

  /** A message that carries the hub's time, received at `atMs` (performance.now). */
  hear(hubTimeUs: number, atMs: number): void {
    const offsetUs = hubTimeUs - Math.round(atMs * 1000);
    if (this.sleptUs > 0) this.heard = [];
    this.sleptUs = 0;
    this.heard = this.heard.filter((one) => one.atMs > atMs - REMEMBER_MS);
    this.heard.push({ atMs, offsetUs });
  }

  /** The hub's time, or null when it never said. Every message arrives late, the least late one is nearest. */
  nowUs(atMs: number): number | null {
    if (this.heard.length === 0) return null;
    const offsetUs = Math.max(...this.heard.map((one) => one.offsetUs));
    return offsetUs + Math.round(atMs * 1000) + this.sleptUs;
  }

  /**
   * performance.now() stands still while a laptop sleeps, and a picture from before would pass for new until the hub
   * speaks again. A jump of the wall clock against it can only make pictures older here, never younger.
   */
  noticeSleep(atMs: number, wallMs: number): void {
    const aheadMs = wallMs - atMs;
    const before = this.wallAheadMs;
    this.wallAheadMs = aheadMs;
    if (before !== null && aheadMs - before > SLEEP_MS) this.sleptUs += Math.round((aheadMs - before) * 1000);
  }
}
