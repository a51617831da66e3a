// SPDX-License-Identifier: EUPL-1.2
// A line of the log beside the screen, so that the pictures stay open while it is read.
import { useEffect, useRef } from "react";
import { openDrawer } from "../hub/place";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { LogEntry } from "./LogEntry";
import "./log.css";

export default function LogDrawer({ index }: { index: number }) {
  const { say } = useWords();
  const drawer = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") openDrawer(null);
    };
    window.addEventListener("keydown", onKey);
    drawer.current?.focus();
    return () => {
      window.removeEventListener("keydown", onKey);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside className="fz-drawer" aria-label={say("log.heading")} data-testid="log-drawer" ref={drawer} tabIndex={-1}>
      <div className="fz-drawer__head" data-density="compact">
        <p className="fz-log__muted">{say("log.heading")}</p>
        <Button kind="quiet" onClick={() => openDrawer(null)} data-testid="log-close">
          {say("log.close")}
        </Button>
      </div>
      <LogEntry key={index} index={index} onIndex={openDrawer} />
    </aside>
  );
}
