# SPDX-License-Identifier: EUPL-1.2
"""The keeper's hand on the log: batches, idempotence, and what happens while the log cannot be written.

Appends that arrive together become one batch and one checkpoint. While the log cannot be written every append
fails with `LogUnavailableError`, the journal tries once a second by itself, and the first batch that succeeds begins
with a `log.gap` leaf that names the time and the number of leases renewed meanwhile. A fault outlives the process: it
is remembered in a file, and `probe` asks the log before anything is served.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from contract.events import Event
from contract.tlog import Leaf
from hub.audit.log import Log, LogUnavailableError
from hub.audit.writer import Writer
from hub.keeper.fault import Fault, FaultFile

RETRY_S = 1.0
BATCH_LIMIT = 256
NOTHING = hashlib.sha256(b"").hexdigest()


class Journal:
    """Owns the writer. One task drains the queue; `append` returns once the leaf is durable."""

    def __init__(self, writer: Writer, log: Log, faults: FaultFile, now_us: Callable[[], int]) -> None:
        """Read the log once, so that a record logged before is not logged again."""
        self._writer = writer
        self._log = log
        self._now_us = now_us
        self._queue: asyncio.Queue[tuple[Leaf, asyncio.Future[int]]] = asyncio.Queue()
        self._faults = faults
        self.fault = faults.read()
        self._known: dict[tuple[str, str], int] = {}
        for index, leaf in enumerate(log.entries(0, writer.checkpoint.size)):
            self._known.setdefault((leaf.event, leaf.digest), index)

    @property
    def size(self) -> int:
        """Leaves in the log."""
        return self._writer.checkpoint.size

    def leaf(self, index: int) -> Leaf:
        """A leaf, from the files."""
        return self._log.entry(index)

    def known(self, event: Event, digest: str) -> int | None:
        """Where this event with this digest first stands, if it does."""
        return self._known.get((event.value, digest))

    async def once(self, event: Event, digest: str, **ids: str) -> int:
        """Log a record, or give the index that it has already."""
        index = self.known(event, digest)
        return await self.append(event, digest, **ids) if index is None else index

    async def append(self, event: Event, digest: str, **ids: str) -> int:
        """Log a leaf; gives its index once it is durable under a signed checkpoint.

        Raises:
            LogUnavailableError: it is not in the log and will not be.
        """
        leaf = Leaf(self._now_us(), event.value, ids, digest)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        await self._queue.put((leaf, future))
        return await future

    async def probe(self) -> None:
        """Find out whether the log can be written: once, before anything is served."""
        await self._write([])

    def renewed(self, fault: Fault) -> None:
        """Count a lease that was renewed in a fault."""
        fault.renewals += 1
        self._faults.keep(fault)

    async def run(self) -> None:
        """Drain the queue until cancelled."""
        while True:
            batch = [await self._next()]
            while len(batch) < BATCH_LIMIT and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write([item for item in batch if item is not None])

    async def _next(self) -> tuple[Leaf, asyncio.Future[int]] | None:
        if self.fault is None:
            return await self._queue.get()
        try:
            async with asyncio.timeout(RETRY_S):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _write(self, batch: list[tuple[Leaf, asyncio.Future[int]]]) -> None:
        leaves = [leaf for leaf, _ in batch]
        gap = self._gap()
        try:
            first = await asyncio.to_thread(self._writer.append, [*gap, *leaves])
        except LogUnavailableError as error:
            self.fault = self.fault or Fault(self._now_us())
            self._faults.keep(self.fault)
            for _, future in batch:
                if not future.done():
                    future.set_exception(LogUnavailableError(str(error)))
            return
        self.fault = None
        self._faults.keep(None)
        for index, leaf in enumerate([*gap, *leaves], start=first):
            self._known.setdefault((leaf.event, leaf.digest), index)
        for index, (_, future) in enumerate(batch, start=first + len(gap)):
            if not future.done():
                future.set_result(index)

    def _gap(self) -> list[Leaf]:
        if self.fault is None:
            return []
        ids = {
            "from": str(self.fault.since_us),
            "to": str(self._now_us()),
            "renewals": str(self.fault.renewals),
        }
        return [Leaf(self._now_us(), Event.LOG_GAP.value, ids, NOTHING)]
