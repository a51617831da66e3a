// SPDX-License-Identifier: EUPL-1.2
// What decisions stand on: what councils delegated, and the areas designated under it. What is in force stands first.
// Operators enter them here, each on a page of its own; who else may look reads.
import { useCallback, useEffect, useRef, useState } from "react";
import { useAsked } from "../hub/asking";
import { goTo, usePath } from "../hub/place";
import { useWords } from "../i18n/language";
import type { ScreenProperties } from "../pages/screens";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Notice } from "../parts/Notice";
import { allGrounds, inForceFirst, termOf, type Grounds } from "./api";
import { DelegationForm } from "./DelegationForm";
import { DelegationRow, DesignationRow } from "./Rows";
import { DesignationForm } from "./DesignationForm";
import "./grounds.css";

const LIST = "/grounds";
const NEW_DELEGATION = `${LIST}/delegation`;
const NEW_DESIGNATION = `${LIST}/designation`;

export default function GroundsScreen(given: ScreenProperties) {
  const { session, nowUs, onSignedOut } = given;
  const { say, language } = useWords();
  const path = usePath();
  // What a regime is called follows the language of the page.
  const question = useCallback(() => allGrounds(), [language]);
  const { answer, offline, refused, refresh } = useAsked(question, ["deployments", "plans"], onSignedOut);
  const [noted, setNoted] = useState<string | null>(null);
  const done = (words: string): void => {
    setNoted(words);
    refresh();
    goTo(LIST);
  };
  if (refused !== null) {
    return <Notice tone="lost" testid="grounds-refused" title={String(refused.problem.title ?? "")} hint={String(refused.problem.detail ?? "")} />;
  }
  const away = offline && <Notice tone="slow" testid="grounds-offline" title={say("grounds.offline")} hint={say("grounds.offlineHint")} />;
  if (answer === null || nowUs === null) {
    return (
      <div className="fz-grounds">
        {away || (
          <p className="fz-grounds__muted" role="status">
            {say("grounds.opening")}
          </p>
        )}
      </div>
    );
  }
  const writes = session.role === "operator";
  const known = { grounds: answer, account: session.name, nowUs, onSignedOut };
  const entering = writes && (path === NEW_DELEGATION || path === NEW_DESIGNATION);
  return (
    <div className="fz-grounds" data-testid="grounds">
      {away}
      {entering && path === NEW_DELEGATION && <DelegationForm {...known} onDone={(one) => done(say("grounds.delegation.noted", { article: one.article }))} />}
      {entering && path === NEW_DESIGNATION && <DesignationForm {...known} onDone={(one) => done(say("grounds.designation.noted", { name: one.name }))} />}
      {!entering && <Lists {...known} writes={writes} noted={noted} onPublished={(name) => done(say("grounds.publication.noted", { name }))} />}
    </div>
  );
}

interface ListsProperties {
  grounds: Grounds;
  account: string;
  nowUs: number;
  writes: boolean;
  noted: string | null;
  onPublished: (name: string) => void;
  onSignedOut: () => void;
}

function Lists({ grounds, account, nowUs, writes, noted, onPublished, onSignedOut }: ListsProperties) {
  const { say } = useWords();
  const { delegations, designations, regimes } = grounds;
  const status = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The form went away under who pressed its button: they go on where it says that it was done.
    if (noted !== null && document.activeElement === document.body) status.current?.focus();
  }, [noted]);
  const standing = delegations.filter((one) => termOf(one, nowUs) !== "over");
  const first = standing.length === 0 ? NEW_DELEGATION : NEW_DESIGNATION;
  const enter = (path: string, words: string, testid: string) => (
    <Link href={path} className={`fz-button ${path === first ? "fz-button--primary" : "fz-button--secondary"}`} data-testid={testid}>
      {words}
    </Link>
  );
  return (
    <>
      <p className="fz-grounds__lead">{say(writes ? "grounds.lead" : "grounds.leadReader")}</p>
      <p className="fz-grounds__noted" role="status" tabIndex={-1} ref={status} data-testid="grounds-noted">
        {noted !== null && (
          <>
            <Icon name="tick" size={16} /> {noted}
          </>
        )}
      </p>
      <section className="fz-grounds__part" aria-labelledby="fz-designations">
        <div className="fz-grounds__head">
          <h2 id="fz-designations">{say("grounds.designation.heading")}</h2>
          {writes && standing.length > 0 && enter(NEW_DESIGNATION, say("grounds.designation.enter"), "enter-designation")}
        </div>
        {designations.length === 0 && <p className="fz-grounds__muted">{say(standing.length === 0 ? "grounds.designation.noneYet" : "grounds.designation.none")}</p>}
        <ul className="fz-rows" data-testid="designations">
          {inForceFirst(designations, nowUs).map((one) => (
            <DesignationRow
              key={one.id}
              one={one}
              delegation={delegations.find((held) => held.id === one.delegation) ?? null}
              account={account}
              nowUs={nowUs}
              writes={writes}
              onPublished={onPublished}
              onSignedOut={onSignedOut}
            />
          ))}
        </ul>
      </section>
      <section className="fz-grounds__part" aria-labelledby="fz-delegations">
        <div className="fz-grounds__head">
          <h2 id="fz-delegations">{say("grounds.delegation.heading")}</h2>
          {writes && enter(NEW_DELEGATION, say("grounds.delegation.enter"), "enter-delegation")}
        </div>
        {delegations.length === 0 && <p className="fz-grounds__muted">{say("grounds.delegation.none")}</p>}
        <ul className="fz-rows" data-testid="delegations">
          {inForceFirst(delegations, nowUs).map((one) => (
            <DelegationRow key={one.id} one={one} law={regimes.find((regime) => regime.regime === one.regime)?.law ?? one.regime} nowUs={nowUs} />
          ))}
        </ul>
      </section>
    </>
  );
}
