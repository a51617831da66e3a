// SPDX-License-Identifier: EUPL-1.2
// The looks of one wall: each camera's, all of them opened by one press under one line in the log, and all of them ended
// by one press.
import { hub } from "../hub/api";
import { LiveView } from "./view";
import { Picture } from "./picture";

export class WallViews {
  private readonly views = new Map<string, LiveView>();
  private readonly listeners = new Set<() => void>();
  /** the cameras that were looked at when the pictures were put off; null while they are not */
  private before: readonly string[] | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Whether the pictures were put off. */
  readonly off = (): boolean => this.before !== null;

  of(camera: string): LiveView {
    const known = this.views.get(camera);
    if (known) return known;
    const made = new LiveView(camera);
    this.views.set(camera, made);
    return made;
  }

  /** One question for all of them: one look a deployment, and one number in the log. */
  async open(cameras: readonly string[]): Promise<void> {
    if (cameras.length === 0) return;
    this.light();
    const possible = await Picture.possible(); // before anything is logged that could not be shown
    const asked = possible ? hub.look(cameras, null) : undefined;
    asked?.catch(() => undefined); // each view says for itself what came of it
    await Promise.all(cameras.map((camera) => this.of(camera).watch(asked)));
  }

  /** Pictures off: every look ends, and with it every picture. */
  putOff(): void {
    this.before = [...this.views].filter(([, view]) => looks(view)).map(([camera]) => camera);
    this.leave();
    this.tell();
  }

  /** They come back as a new look. */
  bringBack(): void {
    const before = this.before ?? [];
    this.light();
    void this.open(before);
  }

  leave(): void {
    for (const view of this.views.values()) view.leave();
  }

  /** A person looks at one camera while the pictures are off: then they are not off any more. */
  private light(): void {
    this.before = null;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function looks(view: LiveView): boolean {
  const { phase } = view.current().link;
  return phase !== "idle" && phase !== "stopped";
}
