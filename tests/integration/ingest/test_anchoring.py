# SPDX-License-Identifier: EUPL-1.2
"""A stored segment gets its leaf and its unit an ack that holds; a log that is full delays both and loses neither."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.envelope import Envelope, opened, read
from contract.events import Event
from contract.index import IndexRow
from contract.messages import ACK, Ack
from contract.record import load
from hub.access.roster import Rosters
from hub.audit.faults import LogUnavailableError
from hub.deployments.standing import Orders
from hub.ingest.anchoring import Anchoring
from hub.ingest.segments import object_key
from hub.keeper.client import Keeper, KeeperRefusedError
from hub.store.downlink import Downlink
from hub.store.objects import Objects
from hub.store.records import SignedRecords
from hub.store.rows import Rows
from hub.store.segments import Segments
from tests.integration.filming import Filmed, filming
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import filmed_row
from tests.integration.town import UNIT, Town, disk_full


def anchoring(town: Town) -> Anchoring:
    database, objects = town.database, Objects(town.layout.objects)
    orders, segments = Orders(SignedRecords(database)), Segments(database)
    return Anchoring(Rows(database), segments, orders, objects, town.keeper, lambda: town.now_us)


class ListeningKeeper(Keeper):
    """The town's keeper; it counts what it is asked, and one segment it does not take."""

    def __init__(self, socket: Path, refuses: str = "") -> None:
        super().__init__(socket)
        self.refuses, self.asked = refuses, list[str]()

    async def row(self, row: Envelope, identity: bytes, deletion: Envelope | None = None) -> int:
        chain = load(IndexRow, row.body).chain
        self.asked.append(chain)
        await asyncio.sleep(0)
        if chain == self.refuses:
            raise KeeperRefusedError("keeper.segment", "not as it was ordered")
        return await super().row(row, identity, deletion)


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
    town.keeper = ListeningKeeper(town.layout.socket("keeper"), refuses=one.chain)

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


def flipped(filmed: Filmed, other: Filmed) -> bytes:
    at = len(filmed.data) // 2
    return filmed.data[:at] + bytes([filmed.data[at] ^ 1]) + filmed.data[at + 1 :]


UNSOUND: dict[str, Callable[[Filmed, Filmed], bytes | None]] = {
    "absent": lambda filmed, other: None,
    "empty": lambda filmed, other: b"",
    "one bit": flipped,
    "cut": lambda filmed, other: filmed.data[:-1],
    "longer": lambda filmed, other: filmed.data + bytes(1),
    "another segment": lambda filmed, other: other.data,
}


@pytest.mark.parametrize("spoil", UNSOUND.values(), ids=UNSOUND)
async def test_the_databases_word_that_a_segment_is_stored_is_not_taken(
    town: Town,
    site: UnitsSite,
    spoil: Callable[[Filmed, Filmed], bytes | None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = await filming(town)
    claimed, other = camera.film(), camera.film()
    for filmed in (claimed, other):
        await rows(town).take(UNIT, filmed.signed_row)
    path = town.layout.objects / object_key(claimed.row)
    if (data := spoil(claimed, other)) is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    await Segments(town.database).stored(claimed.chain, town.now_us)  # as who rules the database would say it
    await site.put(other.chain, other.data)
    size = town.log.checkpoint()[1].size

    await anchoring(town).anchor()

    assert [ack.chain for ack in await acks(town)] == [other.chain]
    assert town.log.checkpoint()[1].size == size + 1
    kept = await Segments(town.database).get(claimed.chain)
    assert kept is not None and (kept.stored_at_us, kept.log_index, kept.refused) == (None, None, None)
    assert f"{claimed.chain} of {UNIT} is said to be stored and is not" in caplog.text

    assert (await site.put(claimed.chain, claimed.data)).status_code == 202
    await anchoring(town).anchor()
    assert [ack.chain for ack in await acks(town)] == [other.chain, claimed.chain]


async def test_no_second_ack_for_an_object_that_was_lost_since(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()
    (first,) = await acks(town)
    (town.layout.objects / object_key(filmed.row)).unlink()

    await rows(town).take(UNIT, filmed.signed_row)  # the first ack did not reach it
    await anchoring(town).anchor()
    assert len(await acks(town)) == 1
    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()
    assert [ack.log_index for ack in await acks(town)] == [first.log_index] * 2


async def test_two_that_anchor_at_once_log_a_segment_once(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    town.keeper = keeper = ListeningKeeper(town.layout.socket("keeper"))
    size = town.log.checkpoint()[1].size

    await asyncio.gather(*(anchoring(town).anchor() for _ in range(3)))

    assert keeper.asked == [filmed.chain]
    assert len(await acks(town)) == 1
    assert town.log.checkpoint()[1].size == size + 1
