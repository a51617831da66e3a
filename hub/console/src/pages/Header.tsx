// SPDX-License-Identifier: EUPL-1.2
// Which deployment films, who is signed in, and the hub's time.
import type { Overview, Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { StateWord } from "../parts/StateWord";
import { Switches } from "../parts/Switches";
import { Wordmark } from "../parts/Wordmark";
import { clockSeconds } from "../words/times";
import "./header.css";

interface Properties {
  session: Session;
  overview: Overview | null;
  nowUs: number | null;
  onSignOut: () => void;
}

export function Header({ session, overview, nowUs, onSignOut }: Properties) {
  const { say, language } = useWords();
  const filming = overview?.filming ?? [];
  const only = filming.length === 1 ? filming[0] : undefined;
  const recording = filming.some((one) => one.cameras.some((camera) => camera.recording));
  return (
    <header className="fz-header" data-testid="header">
      <div className="fz-header__row fz-theme" data-scheme="dark" data-density="compact">
        <Wordmark />
        {overview?.demo && (
          <span className="fz-header__demo" data-testid="demo">
            {say("header.demo")}
          </span>
        )}
        {(only || recording) && (
          <div className="fz-header__filming">
            {only && <span className="fz-header__title">{only.title}</span>}
            {only && <span className="fz-header__muted fz-phrase">{only.number}</span>}
            {recording && <StateWord tone="recording" word={say("header.recording")} />}
          </div>
        )}
        <div className="fz-header__switches">
          <span className="fz-header__person" data-testid="signed-in-as">
            <span className="fz-unseen">{say("header.signedInAs")} </span>
            {session.display}
          </span>
          <Switches />
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
