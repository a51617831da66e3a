// SPDX-License-Identifier: EUPL-1.2
// The mark as seal: two blades, one per signature, and the opening between them. It always stands beside its words. A
// blade that nobody has filled yet is dashed; the two move together once, when the second signature lands.
import "./seal.css";

/** `unsigned` and `half` wait for two signatures, and for one. */
export type SealState = "unsigned" | "half" | "signed" | "filming" | "shut";

const FIRST_BLADE = "M2 2H27L20 9H9V20L2 27Z";
const SECOND_BLADE = "M30 5V30H5L12 23H23V12Z";

export function Seal({ state, size, landing = false }: { state: SealState; size: number; landing?: boolean }) {
  return (
    <svg
      className={landing ? "fz-seal fz-seal--landing" : "fz-seal"}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
      focusable="false"
    >
      {state === "shut" ? (
        <path fill="currentColor" d="M3 3H27L3 27Z M29 5V29H5Z" />
      ) : (
        <>
          <path className={state === "unsigned" ? "fz-seal__first fz-seal__unsigned" : "fz-seal__first"} d={FIRST_BLADE} />
          <path className={state === "unsigned" || state === "half" ? "fz-seal__second fz-seal__unsigned" : "fz-seal__second"} d={SECOND_BLADE} />
          {state === "filming" && <rect className="fz-seal__opening" x="12" y="12" width="8" height="8" />}
        </>
      )}
    </svg>
  );
}

/** The seal of so many signatures. */
export function sealOf(signatures: number): SealState {
  return signatures === 0 ? "unsigned" : signatures === 1 ? "half" : "signed";
}
