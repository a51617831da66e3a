// SPDX-License-Identifier: EUPL-1.2
// The screens there are, in the order of the navigation: what is not here is neither shown nor promised. A screen that
// the wall does not need is loaded when it is gone to.
import { lazy, type ComponentType } from "react";
import type { OverviewHolder } from "../hub/overview";
import type { Standing } from "../hub/standing";
import type { Session } from "../hub/types";
import { WallScreen } from "./WallScreen";

/** What a screen is given: the page's one overview, the hub's time, and who looks. */
export interface ScreenProperties {
  session: Session;
  holder: OverviewHolder;
  standing: readonly Standing[];
  nowUs: number | null;
  onSignedOut: () => void;
}

export interface Screen {
  path: string;
  word: "page.wall" | "page.replay" | "page.units" | "page.log";
  show: ComponentType<ScreenProperties>;
}

export const screens: readonly Screen[] = [
  { path: "/", word: "page.wall", show: WallScreen },
  { path: "/replay", word: "page.replay", show: lazy(() => import("./ReplayScreen")) },
  { path: "/units", word: "page.units", show: lazy(() => import("./UnitsScreen")) },
  { path: "/log", word: "page.log", show: lazy(() => import("./LogScreen")) },
];

/** The screen of a path, or of the path that it lies under; the first one for a path that is nobody's. */
export function screenOf(path: string): Screen {
  const found = screens.find((one) => path === one.path || (one.path !== "/" && path.startsWith(`${one.path}/`)));
  return found ?? (screens[0] as Screen);
}
