# SPDX-License-Identifier: EUPL-1.2
"""A unit that is enrolled and hostile takes its own turns and room: it neither fills the log nor holds up others."""

from dataclasses import replace
from typing import Any

import pytest

from hub.ingest import messages
from hub.ingest.messages import ASKS_AGAIN_US, RowRefusedError
from hub.store.objects import Objects
from hub.store.rows import Rows
from tests.integration.filming import Filmed, Stated, filming
from tests.integration.ingest.conftest import OTHER, UnitsSite, enrol_other
from tests.integration.ingest.test_anchoring import acks, anchoring
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import filmed_row
from tests.integration.town import MINUTE_US, UNIT, Town

SECOND_US = 1_000_000


async def test_an_ack_that_is_asked_for_again_costs_no_second_reading(
    town: Town, site: UnitsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()
    read: list[str] = []

    async def examine(_: Objects, key: str, judge: object) -> None:
        read.append(key)

    monkeypatch.setattr(Objects, "examine", examine)
    await rows(town).take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()

    assert [ack.chain for ack in await acks(town)] == [filmed.chain] * 2
    assert read == []


async def test_an_ack_is_given_again_once_a_minute_however_often_it_is_asked_for(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()
    intake = rows(town)
    for _ in range(3):
        await intake.take(UNIT, filmed.signed_row)
        await anchoring(town).anchor()
    assert len(await acks(town)) == 2

    town.now_us += ASKS_AGAIN_US
    await intake.take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()
    assert len(await acks(town)) == 3


async def test_units_take_turns_and_new_rows_come_before_what_is_asked_for_again(town: Town) -> None:
    camera = await filming(town)
    await enrol_other(town)
    stated = [camera.gap(camera.at_us + SECOND_US) for _ in range(4)]
    for one in stated:
        await rows(town).take(UNIT, one.signed_row)
        town.now_us += 1
    table = Rows(town.database)
    first = await table.get(stated[0].chain)
    assert first is not None
    await table.add(replace(first, chain="e" * 64, unit=OTHER, received_at_us=town.now_us))
    await table.logged(stated[0].chain, 1)  # its ack was given, and is asked for again

    waiting = [row.chain for row in await table.to_ack(3)]

    assert waiting == [stated[1].chain, "e" * 64, stated[2].chain]
    assert [row.chain for row in await table.to_ack(9)][-1] == stated[0].chain


async def test_a_gap_that_covers_nothing_new_is_refused(town: Town) -> None:
    camera = await filming(town)
    await rows(town).take(UNIT, camera.film().signed_row)
    first = camera.gap(camera.at_us + SECOND_US)
    await rows(town).take(UNIT, first.signed_row)
    at_us, previous = camera.at_us, camera.previous

    for from_us, to_us in (
        (at_us, at_us),
        (at_us, at_us + 1),
        (at_us - SECOND_US, at_us),
        (first.row.from_us, at_us + 1),
    ):
        camera.previous = previous
        idle = camera.gap(to_us, from_us=from_us)
        with pytest.raises(RowRefusedError) as refused:
            await rows(town).take(UNIT, idle.signed_row)
        assert refused.value.rule == "row.idle"
        assert await Rows(town.database).get(idle.chain) is None
    camera.at_us, camera.previous = at_us, previous
    await rows(town).take(UNIT, camera.gap(at_us + SECOND_US).signed_row)


@pytest.mark.parametrize("make", ["gap", "close"])
async def test_what_has_not_been_yet_is_stated_once_it_has(town: Town, make: str) -> None:
    camera = await filming(town)
    camera.at_us = town.now_us
    ahead_us = town.now_us + messages.AHEAD_US + 1
    stated: Any = camera.gap(ahead_us) if make == "gap" else camera.close(to_us=ahead_us)
    with pytest.raises(RowRefusedError) as refused:
        await rows(town).take(UNIT, stated.signed_row)
    assert refused.value.rule == "row.future"

    town.now_us += 1
    await rows(town).take(UNIT, stated.signed_row)
    assert await Rows(town.database).get(stated.chain) is not None


async def test_of_a_minute_so_many_rows_are_taken_and_one_more_is_kept_apart(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the camera's time, not by when they come: hours of rows are delivered at once by an honest unit."""
    monkeypatch.setattr(messages, "OF_A_MINUTE", 3)
    camera = await filming(town)
    camera.at_us += MINUTE_US - camera.at_us % MINUTE_US
    town.now_us += 10 * MINUTE_US
    filmed = camera.film()
    said: list[Filmed | Stated] = [filmed, camera.film(), camera.gap(camera.at_us + SECOND_US)]
    for one in said:
        await rows(town).take(UNIT, one.signed_row)
    over = camera.gap(camera.at_us + SECOND_US)

    with pytest.raises(RowRefusedError) as refused:
        await rows(town).take(UNIT, over.signed_row)

    assert refused.value.rule == "row.crowded"
    kept = await Rows(town.database).disputed(over.chain)
    assert kept is not None and kept.row == over.signed_row
    await rows(town).take(UNIT, filmed.signed_row)  # one that is here asks as ever
    await rows(town).take(UNIT, camera.delete(filmed).signed_row)
    camera.at_us += MINUTE_US
    for _ in range(3):
        await rows(town).take(UNIT, camera.gap(camera.at_us + SECOND_US).signed_row)
