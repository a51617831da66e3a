# SPDX-License-Identifier: EUPL-1.2
"""A replay of what is still at the unit has the unit told to send it first, by a command that the unit believes."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.authority import RefusedError
from contract.messages import COMMAND_LIFE_US, Command
from edge.unit.commands import Commands
from hub.access.roster import Rosters
from hub.store.downlink import Downlink, DownlinkRow
from hub.store.records import SignedRecords
from tests.integration.footage.archive import Archive, Viewer, recorded
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.town import CAMERA, UNIT, Town, problem


@pytest.fixture
async def half(town: Town, site: UnitsSite, tmp_path: Path) -> Archive:
    """Only the last of three segments has come; rows are there."""
    archive = await recorded(town, site, tmp_path / "spool")
    await archive.tell_rows()
    await archive.store(archive.rows[2])
    return archive


async def commands(town: Town) -> list[DownlinkRow]:
    return [row for row in await Downlink(town.database).unsent(town.now_us, 99) if row.what == "cmd"]


async def believed(town: Town, row: DownlinkRow, state: Path) -> Command:
    """As the unit takes it."""
    rosters = Rosters(SignedRecords(town.database), town.keeper, town.anchors, lambda: town.now_us)
    return Commands(state, UNIT).take(row.payload, (await rosters.current()).order_key, town.now_us)


async def test_what_is_missing_is_asked_of_its_unit_under_the_grant(
    half: Archive, viewer: Viewer, tmp_path: Path
) -> None:
    from_us, to_us = half.rows[0].from_us, half.rows[-1].to_us
    grant = await viewer.granted(from_us, to_us)

    (row,) = await commands(half.town)
    told = await believed(half.town, row, tmp_path)
    assert (row.unit, row.expires_at_us) == (UNIT, half.town.now_us + COMMAND_LIFE_US)
    assert (told.what, told.camera, told.from_us, told.to_us, told.grant) == ("fetch", CAMERA, from_us, to_us, grant)
    with pytest.raises(RefusedError):
        await believed(half.town, row, tmp_path)  # once
    await Downlink(half.town.database).sent(row, half.town.now_us)
    await Downlink(half.town.database).send_again()
    assert await commands(half.town) == []

    again = await viewer.granted(from_us, to_us)
    (row,) = await commands(half.town)
    assert (await believed(half.town, row, tmp_path)).grant == again


async def test_until_it_comes_nothing_opens_and_then_it_does(half: Archive, viewer: Viewer) -> None:
    row = half.rows[0]
    grant = await viewer.granted(row.from_us, row.to_us)
    for ask in (viewer.records, viewer.keys):
        assert problem(await ask(row.chain, grant, row.from_us, row.to_us))[:2] == (409, "footage-elsewhere")

    await half.store(row)

    assert len((await viewer.opened(row.chain, grant, row.from_us, row.to_us)).plaintexts) == row.records
    half.object(row).unlink()  # lost here; what was read of it opens nothing
    assert (await viewer.keys(row.chain, grant, row.from_us, row.to_us)).status_code == 200


async def test_an_object_that_is_gone_is_not_here(half: Archive, viewer: Viewer) -> None:
    row = half.rows[2]
    half.object(row).unlink()
    grant = await viewer.granted(row.from_us, row.to_us)
    assert problem(await viewer.records(row.chain, grant, row.from_us, row.to_us))[:2] == (409, "footage-elsewhere")
    answer = await viewer.client.get(
        "/v1/footage", params={"deployment": half.deployment, "from_us": row.from_us, "to_us": row.to_us}
    )
    assert "starts_on_keyframe" not in answer.json()["cameras"][0]["spans"][-1]


async def test_what_is_all_here_or_gone_asks_nothing(half: Archive, viewer: Viewer) -> None:
    last = half.rows[2]
    await viewer.granted(last.from_us, last.to_us)
    assert await commands(half.town) == []
    async with half.town.database.transaction() as db:
        await db.run("update rows set erased_at_us = 1 where stored_at_us is null and kind = 'index-row'")
    await viewer.granted(half.rows[0].from_us, last.to_us)
    assert await commands(half.town) == []


async def test_a_unit_that_cannot_be_told_costs_no_replay(
    half: Archive, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (half.town.layout.keeper / "commands.json").mkdir()  # the keeper cannot number it
    grant = await viewer.granted(half.rows[0].from_us, half.rows[2].to_us)
    assert await commands(half.town) == []
    last = half.rows[2]
    assert (await viewer.opened(last.chain, grant, last.from_us, last.to_us)).plaintexts
