// SPDX-License-Identifier: EUPL-1.2
// What became of a unit that was let in or turned away here: its card is gone, and its own among the units comes later.
import type { Unit } from "../hub/units";

export interface Done {
  unit: string;
  deed: "confirm" | "refuse";
}

/** A unit that is let in fetches its certificate first; it is listed once it has it. */
export function doneWords({ unit, deed }: Done, known: readonly Pick<Unit, "unit" | "state">[]): "incoming.refused" | "incoming.comes" | "incoming.listed" {
  if (deed === "refuse") return "incoming.refused";
  return known.some((one) => one.unit === unit && one.state === "active") ? "incoming.listed" : "incoming.comes";
}
