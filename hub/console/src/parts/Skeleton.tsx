// SPDX-License-Identifier: EUPL-1.2
// What stands where something is being asked for: nothing at first, and after 300 ms still shapes that do not move.
import { useEffect, useState } from "react";
import { useWords } from "../i18n/language";
import "./skeleton.css";

const AFTER_MS = 300;

export function Skeleton({ rows = 3 }: { rows?: number }) {
  const { say } = useWords();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), AFTER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className="fz-skeleton" role="status" data-testid="skeleton">
      <span className="fz-unseen">{say("loading.busy")}</span>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="fz-skeleton__row" aria-hidden="true" />
      ))}
    </div>
  );
}
