# SPDX-License-Identifier: EUPL-1.2
"""What units are to be told. Any process writes here; the worker alone speaks with the broker.

A mandate is retained by the broker: of a unit's mandates only the newest is kept here, for the worker to compare with
and to say again. A lease goes when it is over, an ack or a command when it was sent (who missed it asks again).
"""

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True)
class DownlinkRow:
    """One message: `payload` is the exact bytes for the topic `what` of `unit`."""

    id: int
    unit: str
    what: str
    payload: bytes
    expires_at_us: int | None
    created_at_us: int
    sent_at_us: int | None


class Downlink:
    """The table downlink. A new row is told on the channel downlink."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, unit: str, what: str, payload: bytes, now_us: int, expires_at_us: int | None = None) -> None:
        """Have a message sent."""
        async with self._database.transaction() as db:
            if what == "mandate":
                await db.run("delete from downlink where unit = :unit and what = 'mandate'", unit=unit)
            await db.run(
                "insert into downlink (unit, what, payload, expires_at_us, created_at_us)"
                " values (:unit, :what, :payload, :expires, :now)",
                unit=unit,
                what=what,
                payload=payload,
                expires=expires_at_us,
                now=now_us,
            )
            await db.notify("downlink", unit)

    async def unsent(self, now_us: int, limit: int) -> list[DownlinkRow]:
        """What is to be sent, oldest first; what came too late is forgotten."""
        async with self._database.transaction() as db:
            await db.run("delete from downlink where expires_at_us <= :now", now=now_us)
            return await db.rows(
                DownlinkRow, "select * from downlink where sent_at_us is null order by id limit :limit", limit=limit
            )

    async def sent(self, row: DownlinkRow, now_us: int) -> None:
        """The broker took it."""
        async with self._database.transaction() as db:
            if row.what in ("ack", "cmd"):
                await db.run("delete from downlink where id = :id", id=row.id)
            else:
                await db.run("update downlink set sent_at_us = :now where id = :id", id=row.id, now=now_us)

    async def send_again(self) -> None:
        """After a new session with the broker: everything that still stands is to be sent once more."""
        async with self._database.transaction() as db:
            await db.run("update downlink set sent_at_us = null where sent_at_us is not null")

    async def mandate(self, unit: str) -> DownlinkRow | None:
        """The newest mandate message of a unit."""
        async with self._database.transaction() as db:
            return await db.row(DownlinkRow, "select * from downlink where unit = :u and what = 'mandate'", u=unit)

    async def again(self, row: DownlinkRow) -> None:
        """Have a message sent once more."""
        async with self._database.transaction() as db:
            await db.run("update downlink set sent_at_us = null where id = :id", id=row.id)
            await db.notify("downlink", row.unit)
