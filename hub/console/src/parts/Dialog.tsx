// SPDX-License-Identifier: EUPL-1.2
// A question that waits for its answer, over the screen: Escape leaves it, and the focus goes back to where it was.
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useWords } from "../i18n/language";
import { Button } from "./Button";
import "./dialog.css";

interface Properties {
  title: string;
  testid: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, testid, onClose, children }: Properties) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="fz-dialog fz-theme"
      aria-labelledby={heading}
      data-testid={testid}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="fz-dialog__head" data-density="compact">
        <h2 className="fz-dialog__title" id={heading}>
          {title}
        </h2>
        <Button kind="quiet" onClick={onClose} data-testid="dialog-close">
          {say("dialog.close")}
        </Button>
      </div>
      {children}
    </dialog>
  );
}
