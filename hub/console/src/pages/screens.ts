// SPDX-License-Identifier: EUPL-1.2
// The screens there are, in the order of the navigation, and whose each is: what is not here is neither shown nor
// promised. All but the wall are loaded when they are gone to.
import { lazy, type ComponentType } from "react";
import type { OverviewHolder } from "../hub/overview";
import type { Standing } from "../hub/standing";
import type { Role, Session } from "../hub/types";
import type { nl } from "../i18n/nl";
import { planKeys, replayKeys, wallKeys, type KeyWords } from "./key-words";
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
  word: `page.${Exclude<keyof (typeof nl)["page"], "signIn">}`;
  roles: readonly Role[];
  /** reached by one's own name in the header, and not by a word of the navigation */
  own?: boolean;
  /** which keys it has, for the list of all keys */
  keys?: readonly KeyWords[];
  show: ComponentType<ScreenProperties>;
}

export const OVERVIEW = "/overview";
export const WALL = "/wall";

// A screen is one line here; its words for "page.…" stand in i18n. A role begins at the first one that is its own.
export const screens: readonly Screen[] = [
  { path: OVERVIEW, word: "page.overview", roles: ["operator", "approver"], show: lazy(() => import("../overview/OverviewScreen")) },
  { path: "/plans", word: "page.plans", roles: ["operator"], keys: planKeys, show: lazy(() => import("../planning/PlansScreen")) },
  { path: "/grounds", word: "page.grounds", roles: ["operator", "approver"], show: lazy(() => import("../grounds/GroundsScreen")) },
  { path: WALL, word: "page.wall", roles: ["operator", "viewer"], keys: wallKeys, show: WallScreen },
  { path: "/replay", word: "page.replay", roles: ["operator", "viewer"], keys: replayKeys, show: lazy(() => import("./ReplayScreen")) },
  { path: "/units", word: "page.units", roles: ["operator"], show: lazy(() => import("./UnitsScreen")) },
  { path: "/decisions", word: "page.decisions", roles: ["operator", "approver"], show: lazy(() => import("../approving/DecisionsScreen")) },
  { path: "/assignments", word: "page.assignments", roles: ["operator"], show: lazy(() => import("../mast/AssignmentsScreen")) },
  { path: "/mast", word: "page.mast", roles: ["installer"], show: lazy(() => import("../mast/MastScreen")) },
  { path: "/people", word: "page.people", roles: ["operator", "approver", "installer"], own: true, show: lazy(() => import("../people/PeopleScreen")) },
  { path: "/log", word: "page.log", roles: ["operator", "approver", "installer", "viewer"], show: lazy(() => import("./LogScreen")) },
];

export function screensOf(role: Role): Screen[] {
  return screens.filter((one) => one.roles.includes(role));
}

/** Those in the navigation. */
export function listedFor(role: Role): Screen[] {
  return screensOf(role).filter((one) => !one.own);
}

/** The one behind one's own name. */
export function ownOf(role: Role): Screen | undefined {
  return screensOf(role).find((one) => one.own);
}

/** Where a role begins. */
export function homeOf(role: Role): Screen {
  return screensOf(role)[0] ?? (screens.at(-1) as Screen);
}

/** The screen of a path, or of the path that it lies under; where the role begins for a path that is nobody's. */
export function screenOf(path: string, role: Role): Screen {
  return screens.find((one) => path === one.path || path.startsWith(`${one.path}/`)) ?? homeOf(role);
}
