// SPDX-License-Identifier: EUPL-1.2
// The foot of the page: the keys of this screen, the way to the list of all keys, which needs no key, and the switches.
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Key } from "../parts/Key";
import { useLetterKeys } from "../parts/keys";
import { Switches } from "../parts/Switches";
import { KeyNames } from "./KeysDialog";
import { WALL, type Screen } from "./screens";
import "./keys.css";

export function KeysFoot({ screen, onAll }: { screen: Screen; onAll: () => void }) {
  const { say } = useWords();
  const on = useLetterKeys();
  return (
    <footer className="fz-foot" data-density="compact" data-scheme={screen.path === WALL ? "dark" : undefined}>
      {on ? (
        (screen.keys ?? [])
          .filter((one) => one.foot)
          .map(({ keys, word }) => (
            <span className="fz-foot__key" key={word}>
              <KeyNames names={keys} /> {say(word)}
            </span>
          ))
      ) : (
        <span className="fz-foot__key">{say("keys.lettersOff")}</span>
      )}
      <span className="fz-foot__more">
        <Switches />
        <Button kind="quiet" className="fz-foot__all" onClick={onAll} data-testid="keys">
          {say("keys.open")} {on && <Key letter="?" />}
        </Button>
      </span>
    </footer>
  );
}
