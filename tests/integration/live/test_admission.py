# SPDX-License-Identifier: EUPL-1.2
"""Tickets and leases at the media process: one socket, once, in time, under a grant that stands; and looking logged."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import check_publish_lease
from contract.envelope import enclose, read
from contract.events import Event
from contract.live import LEASE_LIFE_US, LEASE_RENEWAL_US, TICKET, PublishLease, Ticket
from contract.record import dump, load
from hub.access.people import Accounts
from hub.access.roster import Rosters
from hub.keeper import keyring
from hub.keeper.serve import WATCHES_A_MINUTE
from hub.live.admission import Admission, Stores
from hub.live.wss import GRANT_ENDED, LOG_UNAVAILABLE, TICKET_REFUSED, WINDOW_ENDED, TicketRefusedError
from hub.store.downlink import Downlink
from hub.store.people import People
from hub.store.records import SignedRecords
from hub.store.units import Units
from hub.store.views import Views
from tests.integration.deployments.test_running import overrun
from tests.integration.live.test_views import LOOK, MEDIA, live
from tests.integration.town import CAMERA, MINUTE_US, UNIT, Town, disk_full

START_ID = "1" * 32
OVERRUN_US = 2 * 30 * MINUTE_US


@pytest.fixture
async def open_town(town: Town) -> Town:
    """A deployment whose window is open, a unit that is there, a media process that lives."""
    await town.deploy()
    town.now_us += 2 * MINUTE_US
    await live(town)
    await unit_is(town, True, START_ID)
    return town


@pytest.fixture
def admission(open_town: Town) -> Admission:
    return process(open_town, MEDIA)


def process(town: Town, media: str) -> Admission:
    """A media process's admission."""
    rosters = Rosters(SignedRecords(town.database), town.keeper, town.anchors, lambda: town.now_us)

    async def order_key() -> bytes:
        return (await rosters.current()).order_key

    stores = Stores(Views(town.database), Downlink(town.database), Units(town.database))
    return Admission(media, stores, town.keeper, order_key, lambda: town.now_us)


async def unit_is(town: Town, online: bool, start_id: str) -> None:
    async with town.database.transaction() as db:
        await db.run("update units set online = :o, start_id = :s", o=online, s=start_id)


async def ticket(town: Town) -> str:
    viewer = await town.client("viewer")
    (view,) = (await viewer.post("/v1/views", json=LOOK)).json()
    return str(view["ticket"])


async def leases(town: Town) -> list[PublishLease]:
    """What the unit is sent, each accepted by the unit's own check."""
    rosters = Rosters(SignedRecords(town.database), town.keeper, town.anchors, lambda: town.now_us)
    roster = await rosters.current()
    rows = [row for row in await Downlink(town.database).unsent(town.now_us, 99) if row.what == "publish"]
    start = (await Units(town.database).get(UNIT)).start_id  # type: ignore[union-attr]
    return [
        check_publish_lease(read(row.payload), roster, UNIT, start or "", town.now_us)
        for row in rows
        if load(PublishLease, read(row.payload).body).start_id == start
    ]


async def refused(admission: Admission, text: str) -> int:
    with pytest.raises(TicketRefusedError) as caught:
        await admission.redeem(text)
    return caught.value.close_code


async def test_a_ticket_opens_its_camera_and_the_unit_may_send(open_town: Town, admission: Admission) -> None:
    assert admission.admit(UNIT, CAMERA) is None
    viewing = await admission.redeem(await ticket(open_town))

    (lease,) = await leases(open_town)
    assert (viewing.camera, lease.media, lease.grant) == (CAMERA, MEDIA, viewing.log_index)
    assert admission.admit(UNIT, CAMERA) == lease.until_us == open_town.now_us + LEASE_LIFE_US
    assert admission.admit("unit-2", CAMERA) is None
    assert admission.admit(UNIT, "camera-2") is None


async def test_a_ticket_opens_once_in_time_and_here(open_town: Town, admission: Admission) -> None:
    first, second, third = [await ticket(open_town) for _ in range(3)]
    await admission.redeem(first)
    assert await refused(admission, first) == TICKET_REFUSED
    assert await refused(process(open_town, "b" * 32), second) == TICKET_REFUSED
    open_town.now_us += MINUTE_US - 1
    await admission.redeem(second)
    open_town.now_us += 1
    assert await refused(admission, third) == TICKET_REFUSED


async def test_a_ticket_that_the_keeper_did_not_sign(open_town: Town, admission: Admission) -> None:
    genuine = read((await ticket(open_town)).encode())
    forged = enclose(TICKET, load(Ticket, genuine.body), Ed25519PrivateKey.generate())
    altered = replace(genuine, body=genuine.body.replace(b'"camera":"camera-1"', b'"camera":"camera-2"'))

    for text in (dump(forged).decode(), dump(altered).decode(), "", "{}", "\ud800", "x" * 5000):
        assert await refused(admission, text) == TICKET_REFUSED
    assert admission.admit(UNIT, CAMERA) is None


async def test_a_ticket_for_another_session_or_camera_than_its_grant_names_opens_nothing(
    open_town: Town, admission: Admission
) -> None:
    order = keyring.read(open_town.layout.keeper).order
    genuine = load(Ticket, read((await ticket(open_town)).encode()).body)

    for changes in ({"session": "0" * 64}, {"camera": "camera-2"}):
        text = dump(enclose(TICKET, replace(genuine, id="e" * 32, **changes), order)).decode()
        admission._used.clear()
        assert await refused(admission, text) == TICKET_REFUSED
        assert await leases(open_town) == []
    admission._used.clear()
    await admission.redeem(dump(enclose(TICKET, genuine, order)).decode())


@pytest.mark.parametrize("online", [True, False])
async def test_a_database_that_lies_about_the_grant_opens_nothing(
    open_town: Town, admission: Admission, online: bool
) -> None:
    text = await ticket(open_town)
    await unit_is(open_town, online, "1" * 32)
    async with open_town.database.transaction() as db:
        await db.run("update grants set salt = :salt", salt=bytes(16))

    assert await refused(admission, text) == GRANT_ENDED  # the keeper compares body and salt with the leaf
    assert admission.admit(UNIT, CAMERA) is None


async def test_an_account_that_changed_keeps_no_picture(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    accounts = Accounts(People(open_town.database), lambda: open_town.now_us, 1024)

    assert await accounts.add("viewer", "Viewer", "viewer", "another password", demo=True) == "changed"

    assert await admission.ended_grants([viewing]) == [viewing.log_index]


async def test_a_grant_that_was_ended_opens_nothing_and_closes_what_is_open(
    open_town: Town, admission: Admission
) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    late = await ticket(open_town)
    await (await open_town.client("viewer")).delete("/v1/session")

    assert await refused(admission, late) == GRANT_ENDED
    assert await admission.ended_grants([viewing]) == [viewing.log_index]


async def test_a_lease_is_renewed_every_two_minutes_while_somebody_looks(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    open_town.now_us += LEASE_RENEWAL_US - 1
    assert await admission.renew([viewing]) == []
    assert len(await leases(open_town)) == 1
    open_town.now_us += 1
    assert await admission.renew([viewing]) == []
    assert len(await leases(open_town)) == 2
    assert admission.admit(UNIT, CAMERA) == open_town.now_us + LEASE_LIFE_US

    open_town.now_us += LEASE_RENEWAL_US
    assert await admission.renew([]) == []
    assert len(await leases(open_town)) == 2
    assert await Views(open_town.database).ended([viewing.log_index]) == [viewing.log_index]


async def test_a_unit_that_starts_again_gets_a_lease_of_its_own(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    await unit_is(open_town, False, START_ID)
    await admission.renew([viewing])
    await unit_is(open_town, True, "9" * 32)
    await admission.renew([viewing])

    (lease,) = await leases(open_town)
    assert lease.start_id == "9" * 32


async def test_the_windows_end_ends_the_viewing(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    open_town.now_us = viewing.until_us - OVERRUN_US

    (ended,) = await admission.renew([viewing])
    assert (ended.camera, ended.code) == (CAMERA, WINDOW_ENDED)


async def test_a_window_that_was_prolonged_is_seen_before_it_would_end(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    ends_us = viewing.until_us - OVERRUN_US
    open_town.now_us = ends_us - 10_000_000
    assert await admission.renew([viewing]) == []
    assert admission.admit(UNIT, CAMERA) == ends_us
    (filming,) = (await (await open_town.client("viewer")).get("/v1/overview")).json()["filming"]
    await overrun(open_town, {"id": filming["deployment"]})
    open_town.now_us += 3_000_000
    assert await admission.renew([viewing]) == []
    assert admission.admit(UNIT, CAMERA) == open_town.now_us + LEASE_LIFE_US


async def test_a_look_that_the_keeper_takes_later_is_not_lost(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    for _ in range(WATCHES_A_MINUTE + 1):
        admission.watched(viewing, open_town.now_us, open_town.now_us)
    assert await admission.flush() is False
    open_town.now_us += 1_000_000
    assert await admission.flush() is True
    assert len(list(open_town.log.find(Event.VIEW_WATCHED.value))) == WATCHES_A_MINUTE + 1


async def test_while_the_log_is_full_nothing_opens_and_who_looks_keeps_the_picture(
    open_town: Town, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await ticket(open_town)
    viewing = await admission.redeem(await ticket(open_town))
    disk_full(monkeypatch, True)
    fault_us = open_town.now_us
    admission.watched(viewing, open_town.now_us - 1, open_town.now_us)
    assert await admission.flush() is False
    assert await refused(admission, text) == LOG_UNAVAILABLE

    open_town.now_us += LEASE_RENEWAL_US
    assert await admission.renew([viewing]) == []
    assert admission.admit(UNIT, CAMERA) == fault_us + LEASE_LIFE_US  # never past the first failure + 300 s
    open_town.now_us = fault_us + LEASE_LIFE_US
    (ended,) = await admission.renew([viewing])
    assert ended.code == LOG_UNAVAILABLE
    disk_full(monkeypatch, False)
    assert await admission.flush() is True

    events = [leaf.event for leaf in open_town.log.entries(0, 99)]
    assert events[-2:] == [Event.LOG_GAP, Event.VIEW_WATCHED]


async def test_looking_is_logged_under_its_grant_and_names_nobody(open_town: Town, admission: Admission) -> None:
    viewing = await admission.redeem(await ticket(open_town))
    from_us = open_town.now_us
    admission.watched(viewing, from_us, from_us + 9)
    assert await admission.flush() is True

    size = open_town.log.checkpoint()[1].size
    leaf = open_town.log.entry(size - 1)
    assert (leaf.event, dict(leaf.ids)) == (
        Event.VIEW_WATCHED,
        {"grant": str(viewing.log_index), "from": str(from_us), "to": str(from_us + 9)},
    )
    assert leaf.digest == open_town.log.entry(viewing.log_index).digest


async def test_a_ticket_for_a_grant_that_is_not_kept_opens_nothing(open_town: Town, admission: Admission) -> None:
    text = await ticket(open_town)
    async with open_town.database.transaction() as db:
        await db.run("delete from grants")

    assert await refused(admission, text) == GRANT_ENDED
