// SPDX-License-Identifier: EUPL-1.2
// What is signed, in full sentences, with what it changes; below it the digest of the bytes that the sentences come from.
import type { RefObject } from "react";
import { useWords } from "../i18n/language";
import { shortPrint } from "../people/short-print";
import { visible } from "./pieces";
import type { ComparedRow } from "./changes";
import type { Sentence } from "./pieces";
import type { OpenRecord } from "./record";
import { Sketch } from "./Sketch";
import type { Town } from "../planning/town";

interface Properties {
  record: OpenRecord;
  rows: readonly ComparedRow[];
  title: string;
  /** by fingerprint: what the hub calls the person of a key of the team */
  names: ReadonlyMap<string, string>;
  list: RefObject<HTMLDListElement | null>;
  /** the municipality's own map; null until there is one */
  town: Town | null;
}

export function DecisionSheet({ record, rows, title, names, list, town }: Properties) {
  const { say } = useWords();
  return (
    <article className="fz-sheet" data-testid="sheet" data-digest={record.digest}>
      <header className="fz-sheet__head">
        <p className="fz-sheet__ground">{say(`approving.text.regime.${record.decision.regime}`)}</p>
        <h2 className="fz-sheet__title">{title}</h2>
      </header>
      <dl className="fz-sheet__rows" ref={list}>
        {rows.map((row) => (
          <div key={row.head} className={row.changed ? "fz-sheet__row fz-sheet__row--changed" : "fz-sheet__row"} data-testid={`row-${row.head}`} data-changed={row.changed}>
            <dt className="fz-sheet__term">{say(`approving.row.${row.head}`)}</dt>
            <dd className="fz-sheet__text">
              {row.sentences.map((one) => (
                <p key={one.id}>
                  <Pieces one={one} />
                </p>
              ))}
              {row.changed && <Was row={row} />}
              {row.head === "where" && <Sketch decision={record.decision} town={town} />}
              {row.head === "team" && <Names record={record} names={names} />}
              {row.details.length > 0 && (
                <details className="fz-sheet__details" open={row.changed}>
                  <summary>{say("approving.sheet.details")}</summary>
                  {row.details.map((one) => (
                    <p key={one.id}>
                      <Pieces one={one} />
                    </p>
                  ))}
                </details>
              )}
              <span data-row-end="" />
            </dd>
          </div>
        ))}
      </dl>
      <footer className="fz-sheet__foot">
        <p>
          <span>{say("approving.sheet.exactly")}</span>{" "}
          <span className="fz-sheet__digest" data-testid="digest">
            {say("approving.sheet.digest")} {record.digest.replace(/(.{4})(?=.)/g, "$1 ")}
          </span>
        </p>
        <details>
          <summary>{say("approving.sheet.bytes")}</summary>
          <pre className="fz-sheet__bytes" tabIndex={0} data-testid="bytes">
            {visible(new TextDecoder().decode(record.bytes))}
          </pre>
        </details>
      </footer>
    </article>
  );
}

function Pieces({ one }: { one: Sentence }) {
  return one.pieces.map((piece, n) => (piece.strong ? <strong key={n}>{piece.text}</strong> : <span key={n}>{piece.text}</span>));
}

function Was({ row }: { row: ComparedRow }) {
  const { say } = useWords();
  if (row.was.length === 0) return <p className="fz-sheet__was">{say("approving.sheet.new")}</p>;
  return row.was.map((one) => (
    <p key={one.id} className="fz-sheet__was">
      {say("approving.sheet.was")}{" "}
      <s>
        <Pieces one={one} />
      </s>
    </p>
  ));
}

/** The names are the hub's word, and no part of what is signed. */
function Names({ record, names }: { record: OpenRecord; names: ReadonlyMap<string, string> }) {
  const { say } = useWords();
  const known = [...record.prints.values()].filter((print) => names.has(print));
  if (known.length === 0) return null;
  return (
    <ul className="fz-sheet__names">
      {known.map((print) => (
        <li key={print}>
          <span className="fz-sheet__digest">{shortPrint(print)}</span>{" "}
          {say("approving.sheet.outsideName", { name: visible(names.get(print) ?? "") })}
        </li>
      ))}
    </ul>
  );
}
