// SPDX-License-Identifier: EUPL-1.2
// A button. `primary` is the one filled button of a screen, the next lawful step; `quiet` is for the header's switches.
import type { ButtonHTMLAttributes } from "react";
import "./button.css";

interface Properties extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind: "primary" | "secondary" | "quiet";
}

export function Button({ kind, className = "", type = "button", ...rest }: Properties) {
  return <button {...rest} type={type} className={`fz-button fz-button--${kind} ${className}`.trim()} />;
}
