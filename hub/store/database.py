# SPDX-License-Identifier: EUPL-1.2
"""The database: PostgreSQL by SQL text, read into frozen dataclasses.

An index over signed facts, never trusted for what a signature or the log can say. Each aggregate has a file of its
own with a class over `Database`; a method is one transaction, so a NOTIFY reaches others only with the facts it speaks
of.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from hub.store.connection import KEEPALIVE
from hub.store.faults import DatabaseUnavailableError, DuplicateError

T = TypeVar("T")


class Transaction:
    """One transaction; what its methods did is kept when the block ends without an exception."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, cls: type[T], sql: str, **values: object) -> list[T]:
        """All rows, each as a `cls` whose fields are the columns' names."""
        found = await self._connection.execute(text(sql), values)
        return [cls(**row) for row in found.mappings()]

    async def row(self, cls: type[T], sql: str, **values: object) -> T | None:
        """The first row, or None."""
        found = await self.rows(cls, sql, **values)
        return found[0] if found else None

    async def value(self, sql: str, **values: object) -> Any:
        """The first column of the first row, or None."""
        return (await self._connection.execute(text(sql), values)).scalar()

    async def run(self, sql: str, **values: object) -> int:
        """Execute; gives how many rows it touched. Raises DuplicateError where a key exists already."""
        try:
            return (await self._connection.execute(text(sql), values)).rowcount
        except IntegrityError as error:
            if isinstance(error.orig, psycopg.errors.UniqueViolation):
                raise DuplicateError(str(error.orig.diag.constraint_name)) from error
            raise

    async def notify(self, channel: str, payload: str) -> None:
        """Tell listeners, once this transaction is kept."""
        await self._connection.execute(text("select pg_notify(:c, :p)"), {"c": channel, "p": payload})


class Database:
    """A pool of connections. `url` names the driver: `postgresql+psycopg://...`."""

    def __init__(self, url: str, connections: int = 5) -> None:
        self.url = url
        self._engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=connections,
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text goes to the log, and values are people's and passwords' hashes
            connect_args=KEEPALIVE,
        )

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction, rolled back by an exception."""
        try:
            async with self._engine.begin() as connection:
                yield Transaction(connection)
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise DatabaseUnavailableError(type(error).__name__) from error

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()
