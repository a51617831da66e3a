// SPDX-License-Identifier: EUPL-1.2
// A key of the keyboard, drawn beside the word of what it does.
import "./key.css";

export function Key({ letter }: { letter: string }) {
  return (
    <kbd className="fz-key" aria-hidden="true">
      {letter}
    </kbd>
  );
}
