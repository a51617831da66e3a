# SPDX-License-Identifier: EUPL-1.2
"""What a hostile unit or a hurried person cannot do to who serves looks back, and what is swept while it is read."""

from __future__ import annotations

import pytest

from contract.live import GrantRef
from hub.app import boundary
from hub.fleet.enrolment import Fleet
from hub.footage import recordings, releasing, replays
from hub.footage.recordings import Recordings
from hub.footage.releasing import Releasing
from hub.footage.replays import Replays
from hub.keeper.client import KeeperRefusedError
from hub.live import routes
from hub.store.downlink import Downlink
from hub.store.footage import Footage
from hub.store.objects import Objects
from hub.store.records import SignedRecords
from hub.store.segments import Segments
from hub.store.units import Units
from hub.store.views import Views
from tests.integration.footage.archive import Archive, Viewer
from tests.integration.town import CAMERA, MINUTE_US, nothing_changes, problem


def releasing_of(archive: Archive) -> Releasing:
    """As the web process has it, newly started."""
    town, database = archive.town, archive.town.database
    records = SignedRecords(database)
    asked = replays.Tables(Footage(database), records, Views(database), Downlink(database))
    looking = Replays(asked, town.keeper, lambda: town.now_us)
    tables = releasing.Tables(Segments(database), records, Fleet(Units(database)))
    return Releasing(tables, looking, Recordings(Objects(archive.site.folder)), town.keeper, lambda: town.now_us)


async def test_a_record_that_says_it_lasts_for_years_costs_no_more_than_its_grant(
    archive: Archive, viewer: Viewer
) -> None:
    row = archive.rows[0]
    index = await viewer.granted(row.from_us, row.to_us)
    kept = await Views(archive.town.database).get(index)
    assert kept is not None
    served = releasing_of(archive)

    await served._log_seen(GrantRef(kept.body, kept.salt, index), row.from_us - 2**40, row.from_us + 2**40)

    assert {minute for _, minute in served._seen} == {row.from_us // MINUTE_US, (row.to_us - 1) // MINUTE_US}


async def test_what_was_swept_before_it_was_sent_is_gone(archive: Archive, viewer: Viewer) -> None:
    row = archive.rows[0]
    grant = await viewer.granted(row.from_us, row.to_us)
    assert (await viewer.records(row.chain, grant, row.from_us, row.to_us)).status_code == 200
    archive.object(row).unlink()
    answer = await viewer.records(row.chain, grant, row.from_us, row.to_us)
    assert problem(answer) == (410, "footage-erased", "footage.erased")


async def test_what_is_swept_while_it_is_sent_ends_quietly(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recordings, "PIECE", 1000)
    row = await Segments(archive.town.database).get(archive.rows[0].chain)
    assert row is not None
    reads = Recordings(Objects(archive.site.folder))
    contents = await reads.contents(row)
    whole = b"".join([piece async for piece in await reads.pieces(contents, contents.records)])
    assert whole == archive.files[row.chain]

    sent = await reads.pieces(contents, contents.records)
    begun = await anext(sent) + await anext(sent)
    archive.object(archive.rows[0]).unlink()
    rest = [piece async for piece in sent]

    assert rest == [] and whole.startswith(begun)
    assert caplog.text.count("ends early") == 1


async def test_a_session_looks_so_often_a_minute(
    archive: Archive, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, row = archive.town, archive.rows[0]
    for _ in range(replays.LOOKS_A_MINUTE):
        await viewer.granted(row.from_us, row.to_us)
    with nothing_changes(town):
        answer = await viewer.look_back(row.from_us, row.to_us)
    assert problem(answer)[:2] == (429, "too-many-attempts") and answer.headers["retry-after"] == "1"
    await Viewer(await town.client("operator")).granted(row.from_us, row.to_us)
    town.now_us += 1_000_000
    await viewer.granted(row.from_us, row.to_us)


async def test_a_session_watches_so_often_a_minute(archive: Archive, viewer: Viewer) -> None:
    town = archive.town
    await Views(town.database).register_media("a" * 32, town.now_us, 0, [])
    asked = {"cameras": [CAMERA], "purpose": "watch"}
    for _ in range(routes.LOOKS_A_MINUTE):
        answer = await viewer.client.post("/v1/views", json=asked)
        assert answer.status_code == 201, answer.text
    again = await viewer.client.post("/v1/views", json=asked)
    assert problem(again)[:2] == (429, "too-many-attempts") and again.headers["retry-after"] == "1"
    (view,) = answer.json()
    under = {**asked, "grant": view["log_index"]}
    assert (await viewer.client.post("/v1/views", json=under)).status_code == 201, "a broken line may go on"


def test_the_keepers_own_bound_is_told_as_such() -> None:
    told = boundary._problem(KeeperRefusedError("keeper.rate", "too often: again in 1 s"))
    assert (told.kind, told.status) == ("too-many-attempts", 429)
