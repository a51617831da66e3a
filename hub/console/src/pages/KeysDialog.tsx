// SPDX-License-Identifier: EUPL-1.2
// All keys, by screen, and the switch that turns those of one character off.
import type { Role } from "../hub/types";
import { useWords } from "../i18n/language";
import { Dialog } from "../parts/Dialog";
import { Key } from "../parts/Key";
import { setLetterKeys, useLetterKeys } from "../parts/keys";
import { everywhereKeys, type KeyWords } from "./key-words";
import { screensOf } from "./screens";
import "./keys.css";

export function KeysDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  const { say } = useWords();
  const on = useLetterKeys();
  return (
    <Dialog title={say("keys.heading")} testid="keys-dialog" onClose={onClose}>
      <label className="fz-keys__switch">
        <input type="checkbox" checked={on} onChange={(event) => setLetterKeys(event.target.checked)} data-testid="letter-keys" />
        <span>
          <strong>{say("keys.letters")}</strong>
          <span className="fz-keys__hint">{say("keys.lettersHint")}</span>
        </span>
      </label>
      <Group title={say("keys.everywhere")} keys={everywhereKeys} />
      {screensOf(role)
        .filter((screen) => screen.keys)
        .map((screen) => (
          <Group key={screen.path} title={say(screen.word)} keys={screen.keys ?? []} />
        ))}
    </Dialog>
  );
}

function Group({ title, keys }: { title: string; keys: readonly KeyWords[] }) {
  const { say } = useWords();
  return (
    <section className="fz-keys" data-testid="keys-group">
      <h3 className="fz-keys__title">{title}</h3>
      <dl className="fz-keys__list">
        {keys.map(({ keys: names, word }) => (
          <div key={word} className="fz-keys__one">
            <dt>
              <KeyNames names={names} spoken />
            </dt>
            <dd>{say(word)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A dash between two keys is no key. */
export function KeyNames({ names, spoken = false }: { names: readonly string[]; spoken?: boolean }) {
  return (
    <span className="fz-keys__names">
      {names.map((name) => (name === "–" ? <span key={name}>{name}</span> : <Key key={name} letter={name} />))}
      {spoken && <span className="fz-unseen">{names.join(" ")}</span>}
    </span>
  );
}
