# SPDX-License-Identifier: EUPL-1.2
"""The database's own promises: steps applied once, transactions, typed rows, notifications that survive a lost line."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from hub.store import schema
from hub.store.channels import listen
from hub.store.database import Database
from hub.store.faults import DuplicateError
from hub.store.people import People, PersonRow

ANNA = PersonRow("anna", "Anna", "viewer", "x", False, 1)


@dataclass(frozen=True)
class Backend:
    pid: int


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await People(database).add(ANNA)

    await asyncio.to_thread(schema.migrate, database.url)

    assert await People(database).find("anna") == ANNA


async def test_an_exception_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as db:
            await db.run("insert into people values ('anna', 'Anna', 'viewer', 'x', false, 1)")
            raise RuntimeError

    assert await People(database).find("anna") is None


async def test_a_taken_name_is_said(database: Database) -> None:
    await People(database).add(ANNA)

    with pytest.raises(DuplicateError):
        await People(database).add(ANNA)


async def test_a_listener_hears_what_is_kept_and_nothing_else(database: Database) -> None:
    async with aclosing(listen(database.url, ["downlink"])) as heard:
        assert await anext(heard) == ("", "")
        with pytest.raises(RuntimeError):
            async with database.transaction() as db:
                await db.notify("downlink", "undone")
                raise RuntimeError
        async with database.transaction() as db:
            await db.notify("mandate", "another channel")
            await db.notify("downlink", "unit-1")

        assert await asyncio.wait_for(anext(heard), 5) == ("downlink", "unit-1")


async def test_a_listener_whose_connection_is_cut_looks_again(database: Database) -> None:
    async with aclosing(listen(database.url, ["downlink"])) as heard:
        assert await anext(heard) == ("", "")
        async with database.transaction() as db:
            await db.rows(
                Backend,
                "select pid from pg_stat_activity, pg_terminate_backend(pid) where query like 'listen%'",
            )

        assert await asyncio.wait_for(anext(heard), 10) == ("", "")
