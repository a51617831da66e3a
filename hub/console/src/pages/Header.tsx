// SPDX-License-Identifier: EUPL-1.2
// Which screens there are, whether anything is recorded, who is signed in, and the hub's time.
import type { Recording } from "../hub/standing";
import type { Filming, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Link } from "../parts/Link";
import { StateWord } from "../parts/StateWord";
import { Wordmark } from "../parts/Wordmark";
import { clockSeconds } from "../words/times";
import { Navigation } from "./Navigation";
import { personWords } from "./person-words";
import { ownOf, type Screen } from "./screens";
import { targetOf } from "./screens-beside";
import "./header.css";

interface Properties {
  session: Session;
  current: Screen;
  demo: boolean;
  /** what films now */
  filming: readonly Filming[];
  recording: Recording;
  nowUs: number | null;
  onSignOut: () => void;
}

export function Header({ session, current, demo, filming, recording, nowUs, onSignOut }: Properties) {
  const { say, language } = useWords();
  const own = ownOf(session.role);
  return (
    <header className="fz-header" data-testid="header">
      <div className="fz-header__row fz-theme" data-scheme="dark" data-density="compact">
        <Wordmark />
        {demo && (
          <span className="fz-header__demo" data-testid="demo">
            {say("header.demo")}
          </span>
        )}
        <Navigation current={current} role={session.role} />
        {filming.length > 0 && <RecordingWord recording={recording} />}
        <div className="fz-header__switches">
          <span className="fz-header__person" data-testid="signed-in-as">
            <span className="fz-unseen">{say("header.signedInAs")} </span>
            {own ? (
              <Link href={own.path} target={own === current ? undefined : targetOf(own.path)} className="fz-header__own" title={say(own.word)} aria-current={own === current ? "page" : undefined}>
                {personWords(session.display, say)}
              </Link>
            ) : (
              personWords(session.display, say)
            )}
          </span>
          <Button kind="quiet" onClick={onSignOut} data-testid="sign-out">
            {say("header.signOut")}
          </Button>
        </div>
        {nowUs !== null && (
          <span className="fz-header__clock">
            <span className="fz-unseen">{say("header.hubTime")} </span>
            {clockSeconds(nowUs, language)}
          </span>
        )}
      </div>
    </header>
  );
}

/** What is not known is said as such: a red mark that stays would be a promise. */
function RecordingWord({ recording }: { recording: Recording }) {
  const { say } = useWords();
  if (recording === "no") return null;
  return (
    <span className="fz-header__recording" data-testid="header-recording" data-recording={recording}>
      {recording === "yes" ? (
        <StateWord tone="recording" word={say("header.recording")} />
      ) : (
        <StateWord tone="stale" icon="warning" word={say("header.recordingUnknown")} />
      )}
    </span>
  );
}
