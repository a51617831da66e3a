// SPDX-License-Identifier: EUPL-1.2
// A link within the console: an address that can be opened in another tab, and a plain click that stays on this page.
import type { AnchorHTMLAttributes } from "react";
import { goTo, logPath, openDrawer, plain } from "../hub/place";
import { useWords } from "../i18n/language";
import { grouped } from "../words/numbers";
import "./link.css";

interface Properties extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string;
  onPlain?: () => void;
}

export function Link({ href, onPlain, className = "fz-link", ...rest }: Properties) {
  return (
    <a
      {...rest}
      href={href}
      className={className}
      onClick={(event) => {
        if (!plain(event) || rest.target !== undefined) return;
        event.preventDefault();
        if (onPlain) onPlain();
        else goTo(href);
      }}
    />
  );
}

/** The number of a line in the log, which opens that line. */
export function LogNumber({ index }: { index: number }) {
  const { say } = useWords();
  const number = grouped(index);
  return (
    <Link
      href={logPath(index)}
      onPlain={() => openDrawer(index)}
      className="fz-link fz-phrase"
      title={say("look.open", { number })}
      data-testid="log-number"
      data-log-index={index}
    >
      {say("look.number", { number })}
    </Link>
  );
}
