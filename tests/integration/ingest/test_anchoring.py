# SPDX-License-Identifier: EUPL-1.2
"""A stored segment gets its leaf and its unit an ack that holds; a log that is full delays both and loses neither."""

import pytest

from contract.envelope import opened, read
from contract.events import Event
from contract.messages import ACK, Ack
from hub.access.roster import Rosters
from hub.fleet.enrolment import Fleet
from hub.ingest.anchoring import Anchoring
from hub.keeper.client import LogUnavailableError
from hub.store.downlink import Downlink
from hub.store.records import SignedRecords
from hub.store.segments import Segments
from hub.store.units import Units
from tests.integration.filming import filming
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import filmed_row
from tests.integration.town import UNIT, Town, disk_full


def anchoring(town: Town) -> Anchoring:
    return Anchoring(Segments(town.database), Fleet(Units(town.database)), town.keeper, lambda: town.now_us)


async def acks(town: Town) -> list[Ack]:
    """What the unit is told, verified as the unit does."""
    order_key = (await Rosters(SignedRecords(town.database), town.keeper, town.anchors, lambda: 0).current()).order_key
    sent = await Downlink(town.database).unsent(town.now_us, 99)
    return [opened(read(row.payload), ACK, Ack, order_key) for row in sent if row.what == "ack"]


async def test_row_and_object_together_are_logged_and_acked(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await anchoring(town).anchor()
    assert await acks(town) == []  # the row alone is not enough

    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()

    (ack,) = await acks(town)
    leaf = town.log.entry(ack.log_index)
    assert (ack.unit, ack.chain) == (UNIT, filmed.chain)
    assert (leaf.event, leaf.digest) == (Event.SEGMENT_STORED, read(filmed.signed_row).digest)


async def test_anchoring_again_adds_nothing_but_a_unit_that_asks_gets_its_ack_again(
    town: Town, site: UnitsSite
) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    for _ in range(2):
        await anchoring(town).anchor()
    (first,) = await acks(town)
    async with town.database.transaction() as db:
        await db.run("delete from downlink")
    size = town.log.checkpoint()[1].size
    await rows(town).take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()

    (again,) = await acks(town)
    assert (again.chain, again.log_index) == (first.chain, first.log_index)
    assert town.log.checkpoint()[1].size == size


async def test_a_full_log_delays_the_ack_and_takes_the_footage(
    town: Town, site: UnitsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    filmed = await filmed_row(town)
    disk_full(monkeypatch, True)
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202
    with pytest.raises(LogUnavailableError):
        await anchoring(town).anchor()
    assert await acks(town) == []

    disk_full(monkeypatch, False)
    await anchoring(town).anchor()
    assert [ack.chain for ack in await acks(town)] == [filmed.chain]
    assert [leaf.event for leaf in town.log.entries(0, 99)].count(Event.LOG_GAP) == 1


async def test_what_the_keeper_refuses_holds_up_nothing_else(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    one, two = camera.film(), camera.film()
    for filmed in (one, two):
        await rows(town).take(UNIT, filmed.signed_row)
        await site.put(filmed.chain, filmed.data)
    async with town.database.transaction() as db:  # the database is not trusted: here it lies about the row
        other = camera.film(row={"from_us": 1}).signed_row
        await db.run("update segments set row = :row where chain = :chain", row=other, chain=one.chain)

    await anchoring(town).anchor()

    assert [ack.chain for ack in await acks(town)] == [two.chain]
    set_aside = await Segments(town.database).get(one.chain)
    assert set_aside is not None and set_aside.refused is not None and "keeper.segment" in set_aside.refused


async def test_a_stored_row_that_cannot_be_read_holds_up_nothing_else(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    one, two = camera.film(), camera.film()
    for filmed in (one, two):
        await rows(town).take(UNIT, filmed.signed_row)
        await site.put(filmed.chain, filmed.data)
    async with town.database.transaction() as db:
        await db.run("update segments set row = :row where chain = :chain", row=b"{}", chain=one.chain)

    await anchoring(town).anchor()

    assert [ack.chain for ack in await acks(town)] == [two.chain]
    set_aside = await Segments(town.database).get(one.chain)
    assert set_aside is not None and set_aside.refused is not None and "segment.row" in set_aside.refused
