# SPDX-License-Identifier: EUPL-1.2
"""A database from before: rows get the place that they were signed with, and what they say of their order."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError

from hub.store import schema
from tests.integration.filming import filming
from tests.integration.town import Town

OLD = (
    "insert into segments (chain, camera, unit, deployment, run, segment, from_us, to_us, length, row, received_at_us)"
    " values (:chain, 'camera-1', 'unit-1', cast(:deployment as uuid), 'run', :segment, 1, 2, 3, :row, 4)"
)


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.mark.parametrize("twice", [False, True], ids=["apart", "two with one counter"])
async def test_rows_from_before_get_their_place(town: Town, database_url: str, twice: bool) -> None:
    camera = await filming(town)
    one, two = camera.film(), camera.film(row={"segment": 0} if twice else {})
    engine = create_engine(database_url, connect_args={"options": "-c search_path=before"})
    with engine.begin() as connection:
        connection.execute(text("create schema before"))
    with engine.begin() as connection:
        upgrade(connection, "0002")
        for n, (chain, row) in enumerate(((one.chain, one.signed_row), (two.chain, two.signed_row), ("torn", b"{"))):
            values = {"chain": chain, "deployment": one.row.deployment, "segment": n, "row": row}
            if twice and n == 1:
                values["segment"] = 0
            connection.execute(text(OLD), values)
    try:
        if twice:
            with pytest.raises(IntegrityError, match="segments_counter"), engine.begin() as connection:
                upgrade(connection, "0003")
            return
        with engine.begin() as connection:
            upgrade(connection, "0003")
            found = connection.execute(text("select chain, start_id, previous from segments")).all()
        places = {chain: (start_id, previous) for chain, start_id, previous in found}
        assert places == {
            one.chain: (one.row.start_id, one.row.previous),
            two.chain: (two.row.start_id, one.chain),
            "torn": (None, None),
        }
    finally:
        with engine.begin() as connection:
            connection.execute(text("drop schema before cascade"))
        engine.dispose()


async def test_rows_from_before_there_were_statements(town: Town, database_url: str) -> None:
    filmed = (await filming(town)).film()
    engine = create_engine(database_url, connect_args={"options": "-c search_path=before"})
    with engine.begin() as connection:
        connection.execute(text("create schema before"))
    try:
        with engine.begin() as connection:
            upgrade(connection, "0005")
            connection.execute(
                text(
                    "insert into units (unit, key, fingerprint, certificate_serial, epoch, state, enrolled_at_us,"
                    " camera) values ('unit-1', :key, 'f', 's', 1, 'active', 1, 'camera-1')"
                ),
                {"key": town.identity.public},
            )
            for n, (chain, row) in enumerate(((filmed.chain, filmed.signed_row), ("torn", b"{"))):
                values = {"chain": chain, "deployment": filmed.row.deployment, "segment": n, "row": row}
                connection.execute(text(OLD), values)
            upgrade(connection, "0006")
            found = connection.execute(
                text("select chain, kind, decision, assignment, identity, erased_at_us from segments order by segment")
            ).all()
        assert [tuple(row) for row in found] == [
            (filmed.chain, "index-row", filmed.row.decision, filmed.row.assignment, town.identity.public, None),
            ("torn", "index-row", None, None, town.identity.public, None),
        ]
        with pytest.raises(IntegrityError, match="kind"), engine.begin() as connection:
            connection.execute(text("update rows set kind = 'other'"))
    finally:
        with engine.begin() as connection:
            connection.execute(text("drop schema before cascade"))
        engine.dispose()
