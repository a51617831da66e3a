// SPDX-License-Identifier: EUPL-1.2
// What can be done about a window that is open: prolong it, by one of its team, and stop it. Who may do neither is
// shown neither.
import { useState } from "react";
import { prolong, stop } from "../hub/running";
import type { Filming, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Key } from "../parts/Key";
import { useKeys } from "../parts/keys";
import { moment } from "../words/times";
import { ReasonDialog } from "./ReasonDialog";
import { warningOf } from "./warnings";

interface Properties {
  filming: Filming;
  session: Session;
  nowUs: number;
  /** whether E prolongs this one */
  keyed: boolean;
  /** another button of the screen is the next step */
  calm?: boolean;
  onChange: () => void;
  onSignedOut: () => void;
}

export function mayProlong(filming: Filming, session: Session): boolean {
  return session.role === "operator" && session.key !== null && filming.operators.includes(session.key) && filming.overrun.next_us !== null;
}

export function WindowDeeds({ filming, session, nowUs, keyed, calm = false, onChange, onSignedOut }: Properties) {
  const { say, language } = useWords();
  const [asked, setAsked] = useState<"prolong" | "stop" | null>(null);
  const { deployment, number, overrun } = filming;
  const prolongs = mayProlong(filming, session);
  const stops = session.role === "operator" || session.role === "approver";
  useKeys(keyed && prolongs ? { e: () => setAsked("prolong") } : {});
  const until = moment(overrun.next_us ?? filming.until_us, nowUs, language);
  const close = (): void => setAsked(null);
  const done = (): void => {
    close();
    onChange();
  };
  const shared = { onDone: done, onClose: close, onSignedOut };
  return (
    <>
      {prolongs && (
        <Button kind={calm || warningOf(filming.until_us, nowUs) === null ? "secondary" : "primary"} onClick={() => setAsked("prolong")} data-testid="prolong">
          {say("wall.prolong", { minutes: overrun.minutes })} {keyed && <Key letter="E" />}
        </Button>
      )}
      {stops && (
        <Button kind="danger" onClick={() => setAsked("stop")} data-testid="stop">
          {say("wall.stop")}…
        </Button>
      )}
      {asked === "prolong" && (
        <ReasonDialog
          {...shared}
          title={say("wall.prolongTitle", { number })}
          body={say("wall.prolongBody", { time: until, nth: overrun.taken + 1, times: overrun.times })}
          question={say("wall.prolongReason")}
          deed={say("wall.prolongDeed", { time: until })}
          busy={say("wall.prolongBusy")}
          kind="primary"
          testid="prolong-dialog"
          act={(reason) => prolong(filming, reason, session)}
        />
      )}
      {asked === "stop" && (
        <ReasonDialog
          {...shared}
          title={say("wall.stopTitle", { number })}
          body={say("wall.stopBody")}
          question={say("wall.stopReason")}
          deed={say("wall.stopDeed", { number })}
          busy={say("wall.stopBusy")}
          kind="danger-deed"
          testid="stop-dialog"
          act={(reason) => stop(deployment, reason)}
        />
      )}
    </>
  );
}
