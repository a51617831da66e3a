// SPDX-License-Identifier: EUPL-1.2
// A button. `primary` is the one filled button of a screen, the next lawful step; `quiet` is for the header's switches;
// `danger` leads to a question, and only in that question the deed itself is filled (`danger-deed`).
import type { ButtonHTMLAttributes } from "react";
import "./button.css";

interface Properties extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind: "primary" | "secondary" | "quiet" | "danger" | "danger-deed";
}

export function Button({ kind, className = "", type = "button", ...rest }: Properties) {
  return <button {...rest} type={type} className={`fz-button fz-button--${kind} ${className}`.trim()} />;
}
