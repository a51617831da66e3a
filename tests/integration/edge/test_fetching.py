# SPDX-License-Identifier: EUPL-1.2
"""Somebody waits for footage that is still at the unit: it goes first, at the hub's own word and at nobody else's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.envelope import enclose
from contract.index import IndexRow
from contract.mandate import Window
from contract.messages import COMMAND, COMMAND_LIFE_US, Command
from contract.record import dump
from edge.link.upload import Answer
from edge.recorder.recording import Recording
from edge.recorder.spool import Spool
from tests.integration.edge.conftest import UnitUnderTest
from tests.integration.edge.wires import until
from tests.simulated_hub import MINUTE_US, ed25519
from tests.unit.edge import unit as simulated
from tests.unit.edge.pictures import pictures, video_format
from tests.unit.edge.unit import NOW_US

BEGIN_US = NOW_US - MINUTE_US


def spooled(unit: UnitUnderTest) -> list[IndexRow]:
    """Five segments of a window that is over, left in the spool; oldest first."""
    unit.hub.order(windows=(Window(BEGIN_US, NOW_US - 1),))
    unit.hub.now_us = NOW_US
    terms = simulated.terms(unit.hub)
    spool = Spool(unit.state / "spool", unit.spool_limit)
    recording = Recording(terms, simulated.ledger(terms, spool), spool, lambda _: None)
    recording.begin(video_format())
    for picture in pictures(40, BEGIN_US):
        recording.add(picture)
    recording.end()
    rows = [item.body for item in spool.waiting() if isinstance(item.body, IndexRow)]
    spool.outbox.close()
    return rows


def command(at: UnitUnderTest, rows: list[IndexRow], signer: Any = None, **changes: Any) -> bytes:
    """Send these rows' time first."""
    now_us = at.clock.now_us()
    body = Command(
        unit="unit-1",
        sequence=now_us,
        issued_at_us=now_us,
        expires_at_us=now_us + COMMAND_LIFE_US,
        grant=40,
        decision=rows[0].decision,
        what="fetch",
        camera="cam-1",
        from_us=rows[0].from_us,
        to_us=rows[-1].to_us,
    )
    return dump(enclose(COMMAND, replace(body, **changes), signer or at.hub.order_key))


def refusals(unit: UnitUnderTest) -> list[str]:
    """The rules by which commands were refused."""
    rules = [str(line["rule"]) for line in unit.said if line["event"] == "refused"]
    return [rule for rule in rules if rule.startswith("command.")]


async def test_what_is_asked_for_goes_first_and_only_at_a_true_command(unit: UnitUnderTest) -> None:
    rows = spooled(unit)
    assert len(rows) == 5
    sent: list[str] = []
    gate, put = asyncio.Event(), unit.wires.put

    async def gated(chain: str, path: Path) -> Answer:
        sent.append(chain)
        await gate.wait()
        return await put(chain, path)

    unit.wires.put = gated  # type: ignore[method-assign]
    async with unit.running():
        await unit.wires.send("mandate", unit.message())
        await until(lambda: sent)  # the newest is on its way
        good = command(unit, rows[1:3])
        for refused in (
            command(unit, rows[:1], ed25519("another")),
            command(unit, rows[:1], unit="unit-2"),
            command(unit, rows[:1], camera="cam-2", sequence=1),
            command(unit, rows[:1], issued_at_us=NOW_US - 2, expires_at_us=NOW_US - 1),
            command(unit, rows[:1], expires_at_us=NOW_US + 2 * COMMAND_LIFE_US),
        ):
            await unit.wires.send("cmd", refused)
        await unit.wires.send("cmd", good)
        await unit.wires.send("cmd", good)  # as a broker that kept it
        gate.set()
        await until(lambda: len(sent) == 5)
    names = {row.chain: number for number, row in enumerate(rows)}
    assert [names[chain] for chain in sent] == [4, 2, 1, 3, 0]
    kinds = ["signature", "unit", "camera", "over", "life", "replayed"]
    assert refusals(unit) == [f"command.{kind}" for kind in kinds]
    assert unit.events("asked") == ["2 segments go first, asked for under the grant at 40 of the log"]

    async with unit.running():
        await unit.wires.send("cmd", good)  # after a restart too
        await until(lambda: refusals(unit)[6:] == ["command.replayed"])
    assert len(unit.events("asked")) == 1


async def test_without_a_roster_there_is_nobody_to_believe(unit: UnitUnderTest) -> None:
    rows = spooled(unit)
    async with unit.running():
        await unit.wires.send("cmd", command(unit, rows))
        await until(lambda: refusals(unit) == ["command.roster"])
