// SPDX-License-Identifier: EUPL-1.2
// The mark and the name beside each other.
import { Seal } from "./Seal";
import "./wordmark.css";

export function Wordmark() {
  return (
    <span className="fz-wordmark">
      <Seal state="signed" size={26} />
      <span className="fz-wordmark__name">Flexzicht</span>
    </span>
  );
}
