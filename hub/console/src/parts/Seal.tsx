// SPDX-License-Identifier: EUPL-1.2
// The mark as seal: two blades, one per signature, and the opening between them. It always stands beside its words.
import "./seal.css";

export type SealState = "signed" | "filming" | "shut";

const FIRST_BLADE = "M2 2H27L20 9H9V20L2 27Z";
const SECOND_BLADE = "M30 5V30H5L12 23H23V12Z";

export function Seal({ state, size }: { state: SealState; size: number }) {
  return (
    <svg className="fz-seal" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      {state === "shut" ? (
        <path fill="currentColor" d="M3 3H27L3 27Z M29 5V29H5Z" />
      ) : (
        <>
          <path fill="currentColor" d={FIRST_BLADE} />
          <path className="fz-seal__second" d={SECOND_BLADE} />
          {state === "filming" && <rect className="fz-seal__opening" x="12" y="12" width="8" height="8" />}
        </>
      )}
    </svg>
  );
}
