// SPDX-License-Identifier: EUPL-1.2
// One unit: where it is, what it does, and for who sees to it how it is and whether it is ready for its next window.
import type { ReactNode } from "react";
import type { Unit, UnitHealth } from "../hub/units";
import { Icon } from "../parts/Icon";
import { StateWord } from "../parts/StateWord";
import { moment } from "../words/times";
import { grouped } from "../words/numbers";
import {
  checkWords,
  doingWords,
  ordered,
  presence,
  sinceWords,
  sizeWords,
  unknownWords,
  verdictWords,
  windowWords,
  type Scene,
} from "./unit-words";

export function UnitCard({ unit, scene, children }: { unit: Unit; scene: Scene; children?: ReactNode }) {
  const { say } = scene;
  const where = presence(unit, say);
  const doing = doingWords(unit, say);
  const open = unit.ready.some((check) => !check.ok);
  const unknown = unknownWords(unit, scene);
  return (
    <article
      className="fz-card fz-unit"
      aria-labelledby={`unit-${unit.unit}`}
      data-testid={`unit-${unit.unit}`}
      data-online={unit.online}
      data-ready={unit.ready.length > 0 ? !open : undefined}
    >
      <header className="fz-unit__head">
        <h2 className="fz-unit__name" id={`unit-${unit.unit}`}>
          {unit.unit}
        </h2>
        <StateWord tone={where.tone} word={where.word} />
      </header>
      <p className="fz-unit__muted">{sinceWords(unit, scene)}</p>
      {doing && <p>{doing}</p>}
      {unit.ready.length > 0 && (
        <section className="fz-unit__part">
          <p className="fz-unit__window">{windowWords(unit.next, scene)}</p>
          <p className={open ? "fz-unit__verdict fz-unit__verdict--open" : "fz-unit__verdict"} data-testid="unit-verdict">
            <Icon name={open ? "warning" : "tick"} size={16} />
            {verdictWords(unit, say)}
          </p>
          {unknown === null ? <Checks unit={unit} scene={scene} /> : <p className="fz-unit__advice">{unknown}</p>}
        </section>
      )}
      {unit.health && <Figures health={unit.health} scene={scene} />}
      {children}
    </article>
  );
}

const marks = {
  open: { icon: "triangle", look: "fz-unit__check--open" },
  warns: { icon: "warning", look: "fz-unit__check--warns" },
  right: { icon: "tick", look: "" },
} as const;

function Checks({ unit, scene }: { unit: Unit; scene: Scene }) {
  return (
    <ul className="fz-unit__checks">
      {ordered(unit.ready).map((check) => {
        const { name, says } = checkWords(check, scene);
        const state = !check.ok ? "open" : check.warns ? "warns" : "right";
        return (
          <li key={check.check} className={`fz-unit__check ${marks[state].look}`} data-check={check.check} data-ok={check.ok} data-warns={check.warns}>
            <Icon name={marks[state].icon} size={13} />
            <span>
              <strong>{name}:</strong> {says}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Figures({ health, scene }: { health: UnitHealth; scene: Scene }) {
  const { say, language, nowUs } = scene;
  const oldest = health.oldest_unsent_us;
  return (
    <section className="fz-unit__part">
      <Bar
        name={say("units.disk")}
        part={health.disk_total > 0 ? 1 - health.disk_free / health.disk_total : 1}
        says={say("units.free", { free: sizeWords(health.disk_free, scene), total: sizeWords(health.disk_total, scene) })}
      />
      <Bar
        name={say("units.spool")}
        part={health.spool_limit > 0 ? health.spool_bytes / health.spool_limit : 1}
        says={say("units.held", { held: sizeWords(health.spool_bytes, scene), limit: sizeWords(health.spool_limit, scene) })}
      />
      <p className="fz-unit__muted">
        {oldest === null || health.unsent === 0
          ? say("units.allSent")
          : say("units.unsent", { number: grouped(health.unsent), time: moment(oldest, nowUs, language) })}
      </p>
      <p className="fz-unit__muted">
        {say("units.reported", { time: moment(health.received_at_us, nowUs, language), firmware: health.firmware })}
      </p>
    </section>
  );
}

function Bar({ name, part, says }: { name: string; part: number; says: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  const label = `${name}: ${says}`;
  return (
    <div className="fz-unit__figure">
      <span>{name}</span>
      <span className="fz-unit__muted">{says}</span>
      <div className="fz-bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
        <div className={percent >= 90 ? "fz-bar__part fz-bar__part--full" : "fz-bar__part"} style={{ inlineSize: `${percent}%` }} />
      </div>
    </div>
  );
}
