// SPDX-License-Identifier: EUPL-1.2
// What entering a delegation and a designation have in common: what is missing is said once the form was sent, the hub
// may refuse by a rule, and what it has is kept here no more.
import { useRef, useState, type FormEvent, type ReactNode, type RefObject } from "react";
import { useDeed } from "../hub/deed";
import type { FailureWords } from "../hub/failure";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Link } from "../parts/Link";
import { toFirstWrong } from "../planning/fields";
import type { Grounds } from "./api";
import { Refused } from "./Refused";

export interface FormProperties<T> {
  grounds: Grounds;
  account: string;
  nowUs: number;
  onDone: (made: T) => void;
  onSignedOut: () => void;
}

interface Entering<Entered, Made> {
  /** null while something is missing */
  entered: Entered | null;
  send: (entered: Entered) => Promise<Made>;
  clear: () => void;
  onDone: (made: Made) => void;
  onSignedOut: () => void;
}

export interface Ground {
  tried: boolean;
  busy: boolean;
  failure: FailureWords | null;
  element: RefObject<HTMLFormElement | null>;
  submit: (event: FormEvent) => void;
  /** the words, where a text is missing from a form that was sent */
  lacking: (text: string, words: string) => string | null;
}

export function useGround<Entered, Made>({ entered, send, clear, onDone, onSignedOut }: Entering<Entered, Made>): Ground {
  const [tried, setTried] = useState(false);
  const { busy, failure, run } = useDeed(onSignedOut);
  const element = useRef<HTMLFormElement>(null);
  const lacking = (text: string, words: string): string | null => (tried && text.trim() === "" ? words : null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (entered === null) return toFirstWrong(element);
    void run(async () => {
      const made = await send(entered);
      clear();
      onDone(made);
    });
  };
  return { tried, busy, failure, element, submit, lacking };
}

interface Properties {
  what: "delegation" | "designation";
  words: { enter: string; lead: string; deed: string };
  ground: Ground;
  children: ReactNode;
}

export function GroundForm({ what, words, ground, children }: Properties) {
  const { say } = useWords();
  const heading = `fz-${what}-form`;
  return (
    <form className="fz-ground-form" noValidate ref={ground.element} onSubmit={ground.submit} data-testid={`${what}-form`} aria-labelledby={heading}>
      <h2 id={heading}>{words.enter}</h2>
      <p className="fz-grounds__muted">{words.lead}</p>
      {children}
      <Refused failure={ground.failure} />
      <div className="fz-ground-form__deeds">
        <Button kind="primary" type="submit" aria-disabled={ground.busy} data-testid={`${what}-deed`}>
          {ground.busy ? say("grounds.busy") : words.deed}
        </Button>
        <Link href="/grounds">{say("grounds.back")}</Link>
      </div>
    </form>
  );
}
