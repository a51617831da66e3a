# SPDX-License-Identifier: EUPL-1.2
"""The database's schema brought up to what this version of the hub expects, step by step (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from hub.store.telling import tell

ONE_AT_A_TIME = 0x667A  # an advisory lock's number; two processes that migrate at once wait for each other


def migrate(url: str) -> None:
    """Apply all steps that are missing, in one transaction: all of them or none."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            tell(connection)
    finally:
        engine.dispose()
