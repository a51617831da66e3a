# SPDX-License-Identifier: EUPL-1.2
"""At its moment the key dies, then its ciphertext goes; what fails is loud, whole and tried again."""

import errno
import os
from dataclasses import replace
from typing import Any

import obstore
import pytest

from contract.envelope import read
from contract.events import Event
from contract.mandate import HOUR_US
from hub.audit.faults import LogUnavailableError
from hub.ingest.messages import kept
from hub.keeper.client import KeeperRefusedError
from hub.store.database import Database
from hub.store.faults import DatabaseUnavailableError
from hub.store.rows import Rows
from hub.store.segments import Segments
from tests.integration.retention.conftest import Footage
from tests.integration.town import Town, disk_full

S = 1_000_000


def broken(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def deaths(town: Town) -> list[int]:
    return [index for index, _ in town.log.find(Event.KEY_DESTROYED.value)]


async def test_key_then_ciphertext_at_the_due_moment_and_not_before(footage: Footage) -> None:
    town, sweeper = footage.town, footage.sweeper()
    whole, half, unsent = (footage.camera.film() for _ in range(3))
    stored, part = await footage.store(whole), await footage.store(half, in_part=True)
    envelope = read(unsent.signed_row)
    await Rows(town.database).add(kept(envelope, unsent.row, town.identity.public, town.now_us))

    town.now_us = footage.key.due_us - 1
    await sweeper.sweep()
    assert footage.ring.exists() and stored.exists() and part.exists() and not deaths(town)

    town.now_us = footage.key.due_us
    await sweeper.sweep()
    assert not footage.ring.exists() and not stored.exists() and not part.exists()
    assert town.log.entry(deaths(town)[0]).ids["key"] == footage.key.key
    assert [await footage.erased_at_us(filmed) for filmed in (whole, half, unsent)] == [footage.key.due_us] * 3
    size = town.log.checkpoint()[1].size
    await footage.sweeper().sweep()
    assert town.log.checkpoint()[1].size == size


async def test_it_looks_again_at_the_due_moment_itself(footage: Footage) -> None:
    sweeper = footage.sweeper()
    footage.town.now_us = footage.key.due_us - 3 * S
    await sweeper.sweep()
    assert await sweeper._until_due_s() == 3
    footage.town.now_us = footage.key.due_us - 60 * S
    assert await sweeper._until_due_s() == 10


async def test_what_was_filmed_by_a_clock_an_hour_fast_is_deleted_at_its_own_due(footage: Footage) -> None:
    """Its key lives an hour longer; until that dies too the erasure counts as `deleted`."""
    town, sweeper = footage.town, footage.sweeper()
    received_us = town.now_us
    footage.camera.at_us += HOUR_US
    key = footage.camera.order.hour_key(footage.camera.at_us)
    ahead = footage.camera.film()
    stored = await footage.store(ahead)

    town.now_us = received_us + 168 * HOUR_US - 1
    await sweeper.sweep()
    assert stored.exists()
    town.now_us = received_us + 168 * HOUR_US
    await sweeper.sweep()

    assert not stored.exists() and town.now_us < key.due_us
    living = {found.key.key: found for found in await footage.statements().of_deployment(ahead.row.deployment)}[key.key]
    assert living.key.destroyed_at_us is None and (living.segments.here, living.segments.deleted_early) == (0, 1)


async def test_another_hour_stays(footage: Footage) -> None:
    town = footage.town
    first = await footage.store(footage.camera.film())
    footage.camera.at_us += HOUR_US
    town.now_us += HOUR_US
    second = await footage.store(footage.camera.film())
    town.now_us = footage.key.due_us
    await footage.sweeper().sweep()
    assert not first.exists() and second.exists()


async def test_a_store_that_deletes_nothing_is_loud_and_tried_again(
    footage: Footage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town, sweeper = footage.town, footage.sweeper()
    filmed = footage.camera.film()
    stored = await footage.store(filmed)
    town.now_us = footage.key.due_us
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "delete_async", broken)
        await sweeper.sweep()
        assert not footage.ring.exists()  # its key is dead all the same
        assert "1 segments that are due are NOT deleted" in caplog.text
        assert await footage.erased_at_us(filmed) is None and stored.exists()

        town.now_us += 61 * S
        await sweeper.sweep()
        assert "ERASURE IS LATE: 1 x footage" in caplog.text
        (alarm,) = await footage.statements().alarms()
        assert (alarm.what, alarm.count, alarm.since_us) == ("footage", 1, footage.key.due_us)
    town.now_us += 1
    await sweeper.sweep()
    assert stored.exists()  # it waits, at most a minute
    town.now_us += 60 * S
    await sweeper.sweep()
    assert not stored.exists() and await footage.erased_at_us(filmed) == town.now_us
    assert await footage.statements().alarms() == []


async def test_what_says_that_it_deleted_and_did_not_is_found_out(
    footage: Footage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def nothing(*_: object) -> None:
        return None

    filmed = footage.camera.film()
    await footage.store(filmed)
    footage.town.now_us = footage.key.due_us
    monkeypatch.setattr(obstore, "delete_async", nothing)
    await footage.sweeper().sweep()
    assert "it is still there" in caplog.text
    assert await footage.erased_at_us(filmed) is None


async def test_never_half_a_segment(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its object is gone and its part is not: then it is not said to be erased."""
    filmed = footage.camera.film()
    await footage.store(filmed)
    part = await footage.store(filmed, in_part=True)
    footage.town.now_us = footage.key.due_us
    sweeper = footage.sweeper()
    with monkeypatch.context() as patch:
        patch.setattr(type(part), "unlink", broken)
        await sweeper.sweep()
        assert await footage.erased_at_us(filmed) is None
    footage.town.now_us += 60 * S
    await sweeper.sweep()
    assert not part.exists() and await footage.erased_at_us(filmed) == footage.town.now_us


async def test_a_vault_that_deletes_nothing_is_loud_and_tried_again(
    footage: Footage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town, sweeper = footage.town, footage.sweeper()
    stored = await footage.store(footage.camera.film())
    town.now_us = footage.key.due_us
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", broken)
        await sweeper.sweep()
        assert f"the due hour key {footage.key.key} is NOT deleted" in caplog.text
        assert not deaths(town) and stored.exists()
        town.now_us += 61 * S
        await sweeper.sweep()
        assert "ERASURE IS LATE: 1 x key" in caplog.text
        (alarm,) = await footage.statements().alarms()
        assert (alarm.what, alarm.count, alarm.since_us) == ("key", 1, footage.key.due_us)
        answer = await (await town.client("viewer")).get("/v1/overview")
        (shown,) = answer.json()["alarms"]
        said = {"kind": "erasure-late", "what": "key", "count": 1, "since_us": footage.key.due_us}
        assert {name: value for name, value in shown.items() if value not in (None, [])} == said
    town.now_us += 60 * S
    await sweeper.sweep()
    assert not footage.ring.exists() and len(deaths(town)) == 1 and not stored.exists()
    assert (await (await town.client("viewer")).get("/v1/overview")).json()["alarms"] == []


async def test_one_that_fails_holds_up_no_other(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    town = footage.town
    later = footage.camera.order.hour_key(footage.camera.at_us + HOUR_US)
    asked = town.keeper.destroy

    async def refusing(key: str) -> int:
        if key == footage.key.key:
            raise KeeperRefusedError("keeper.undeleted", "the disk does not delete the key")
        return await asked(key)

    monkeypatch.setattr(town.keeper, "destroy", refusing)
    town.now_us = later.due_us
    await footage.sweeper().sweep()
    assert [town.log.entry(index).ids["key"] for index in deaths(town)] == [later.key]


async def test_a_full_log_delays_the_statement_and_not_the_death(
    footage: Footage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town, sweeper = footage.town, footage.sweeper()
    stored = await footage.store(footage.camera.film())
    town.now_us = footage.key.due_us
    disk_full(monkeypatch, True)
    await sweeper.sweep()
    assert not footage.ring.exists() and not deaths(town) and stored.exists()
    assert "is not destroyed, or that is not logged" in caplog.text
    disk_full(monkeypatch, False)
    town.now_us += 10 * S
    await sweeper.sweep()
    assert len(deaths(town)) == 1 and not stored.exists()


async def test_without_a_database_keys_die_in_time(footage: Footage, caplog: pytest.LogCaptureFixture) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with_none = replace(footage, town=replace(footage.town, database=gone))
    footage.town.now_us = with_none.town.now_us = footage.key.due_us
    with pytest.raises(DatabaseUnavailableError):
        await with_none.sweeper().sweep()
    assert not footage.ring.exists() and len(deaths(footage.town)) == 1
    await gone.close()


async def test_without_a_keeper_nothing_is_said_to_be_done(
    footage: Footage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable() -> Any:
        raise LogUnavailableError("no space left on device")

    stored = await footage.store(footage.camera.film())
    footage.town.now_us = footage.key.due_us
    monkeypatch.setattr(footage.town.keeper, "overdue", unavailable)
    await footage.sweeper().sweep()
    assert stored.exists() and "due hour keys cannot be destroyed now" in caplog.text


async def test_what_arrives_in_the_moment_of_its_erasure_goes_too(footage: Footage) -> None:
    town, sweeper = footage.town, footage.sweeper()
    filmed = footage.camera.film()
    await footage.store(filmed)
    town.now_us = footage.key.due_us
    await sweeper.sweep()
    town.now_us += 1
    stored = await footage.store(filmed)  # was on its way in meanwhile
    await sweeper.sweep()
    assert not stored.exists()
    assert await Segments(town.database).get(filmed.chain) is not None


async def test_a_row_that_cannot_be_read_saves_nothing(footage: Footage) -> None:
    filmed = footage.camera.film()
    stored = await footage.store(filmed)
    async with footage.town.database.transaction() as db:
        await db.run("update segments set row = :row where chain = :chain", row=b"{}", chain=filmed.chain)
    footage.town.now_us = footage.key.due_us
    await footage.sweeper().sweep()
    assert not stored.exists() and await footage.erased_at_us(filmed) == footage.key.due_us


async def test_a_database_that_lies_about_the_camera_saves_nothing(footage: Footage) -> None:
    filmed = footage.camera.film()
    stored = await footage.store(filmed)
    async with footage.town.database.transaction() as db:
        await db.run("update segments set camera = 'another' where chain = :chain", chain=filmed.chain)
    footage.town.now_us = footage.key.due_us
    await footage.sweeper().sweep()
    assert not stored.exists()
