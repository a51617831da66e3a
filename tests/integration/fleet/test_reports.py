# SPDX-License-Identifier: EUPL-1.2
"""States: the unit's own, newest last; last wills, retained messages and silence, and who is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import spki
from hub.fleet.reports import SILENCE_US, ReportRefusedError, Reports
from hub.store.channels import listen
from hub.store.units import UnitRow, Units
from tests.integration.filming import START_ID, state
from tests.integration.town import UNIT, Town

LATER = "9" * 32


@pytest.fixture
async def reports(town: Town) -> Reports:
    await town.enrol()
    return Reports(Units(town.database), lambda: town.now_us)


async def known(town: Town) -> UnitRow:
    row = await Units(town.database).get(UNIT)
    assert row is not None
    return row


async def test_a_state_is_kept(town: Town, reports: Reports) -> None:
    for sequence in (1, 2):
        said = await reports.take(UNIT, state(town, sequence, checkpoint_size=7), retained=False)
        assert said is not None and said.sequence == sequence

    row = await known(town)
    assert (row.online, row.start_id, row.checkpoint_size, row.seen_at_us) == (True, START_ID, 7, town.now_us)


async def test_an_older_state_of_the_same_start_changes_nothing(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 5, checkpoint_size=9), retained=False)
    before = await known(town)
    town.now_us += 1
    for sequence in (4, 5):
        assert await reports.take(UNIT, state(town, sequence, checkpoint_size=3), retained=False) is None

    assert await known(town) == before


async def test_the_last_will_of_this_start_ends_it_and_of_an_earlier_one_does_not(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 5), retained=False)
    await reports.take(UNIT, state(town, 6, start_id=LATER), retained=False)
    await reports.take(UNIT, state(town, 0, online=False), retained=False)
    assert (await known(town)).online

    await reports.take(UNIT, state(town, 0, start_id=LATER, online=False), retained=False)
    row = await known(town)
    assert (row.online, row.start_id) == (False, LATER)


async def test_what_the_broker_kept_does_not_say_that_the_unit_is_there(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 3, checkpoint_size=4), retained=True)
    row = await known(town)
    assert (row.online, row.seen_at_us, row.checkpoint_size) == (False, None, 4)

    await reports.take(UNIT, state(town, 3, checkpoint_size=4), retained=False)  # the same, as it was said
    assert (await known(town)).online


async def test_an_older_start_that_the_broker_kept_does_not_replace_a_newer(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 1, start_id=LATER), retained=False)
    await reports.take(UNIT, state(town, 9, at_us=town.now_us - 1), retained=True)

    assert (await known(town)).start_id == LATER


async def test_a_unit_whose_clock_went_back_is_heard_when_it_speaks(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 9), retained=False)
    await reports.take(UNIT, state(town, 1, start_id=LATER, at_us=1), retained=False)

    assert (await known(town)).start_id == LATER


@pytest.mark.parametrize("spoilt", [{"signer": ec.generate_private_key(ec.SECP256R1())}, {"unit": "unit-2"}])
async def test_a_state_that_is_not_the_units_own(town: Town, reports: Reports, spoilt: dict[str, Any]) -> None:
    with pytest.raises(ReportRefusedError):
        await reports.take(UNIT, state(town, 1, **spoilt), retained=False)
    assert (await known(town)).reported is None


async def test_bytes_that_are_no_state_and_units_that_are_none(town: Town, reports: Reports) -> None:
    good = state(town, 1)
    for payload in (b"", b"{}", good[:-1], good.replace(b'"sig":"', b'"sig":"A')):
        with pytest.raises(ReportRefusedError):
            await reports.take(UNIT, payload, retained=False)
    with pytest.raises(ReportRefusedError, match="not enrolled"):
        await reports.take("unit-2", good, retained=False)


async def next_of(heard: AsyncIterator[tuple[str, str]]) -> tuple[str, str]:
    return await asyncio.wait_for(anext(heard), 5)


async def test_silence_is_offline_and_every_change_is_told(town: Town, reports: Reports) -> None:
    async with aclosing(listen(town.database.url, ["unit_state"])) as heard:
        await anext(heard)
        await reports.take(UNIT, state(town, 1), retained=False)
        assert await next_of(heard) == ("unit_state", UNIT)  # online
        await reports.take(UNIT, state(town, 2), retained=False)
        await reports.take(UNIT, state(town, 1, start_id=LATER), retained=False)
        assert await next_of(heard) == ("unit_state", UNIT)  # another start

        town.now_us += SILENCE_US
        await reports.notice_silence()
        assert (await known(town)).online
        town.now_us += 1
        await reports.notice_silence()
        assert not (await known(town)).online
        assert await next_of(heard) == ("unit_state", UNIT)
        async with town.database.transaction() as db:
            await db.notify("unit_state", "the end")
        assert await next_of(heard) == ("unit_state", "the end")


async def test_a_unit_that_was_enrolled_anew_starts_afresh(town: Town, reports: Reports) -> None:
    await reports.take(UNIT, state(town, 9), retained=False)
    key = ec.generate_private_key(ec.SECP256R1())
    async with town.database.transaction() as db:
        await db.run("update units set key = :key", key=spki(key))

    with pytest.raises(ReportRefusedError):
        await reports.take(UNIT, state(town, 10), retained=False)
    await reports.take(UNIT, state(town, 1, signer=key, start_id=LATER), retained=False)
    assert (await known(town)).start_id == LATER


async def test_a_stored_state_that_cannot_be_read_holds_up_no_new_one(town: Town, reports: Reports) -> None:
    for stored in (b"", b"{}", state(town, 9, unit="unit-2")):  # as another version of State would be
        async with town.database.transaction() as db:
            await db.run("update units set reported = :stored, online = false", stored=stored)

        assert await reports.take(UNIT, state(town, 1), retained=False) is not None
        assert (await known(town)).online
