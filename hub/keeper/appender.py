# SPDX-License-Identifier: EUPL-1.2
"""The keeper's hand on the log: batches, idempotence, and what happens while the log cannot be written.

Appends that arrive together become one batch and one checkpoint. While the log cannot be written every append
fails with `LogUnavailableError`, the appender tries once a second by itself, and the first batch that succeeds begins
with a `log.gap` leaf that names the time and the number of leases renewed meanwhile. A fault outlives the process: it
is remembered in a file, and `probe` asks the log before anything is served.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator

from contract.events import Event
from contract.tlog import Leaf
from hub.audit.faults import LogUnavailableError
from hub.audit.log import Log
from hub.audit.writer import Writer
from hub.keeper.fault import Fault, FaultFile
from hub.keeper.known import Known

RETRY_S = 1.0
BATCH_LIMIT = 256
logger = logging.getLogger(__name__)
NOTHING = hashlib.sha256(b"").hexdigest()


class Appender:
    """Owns the writer. One task drains the queue; `append` returns once the leaf is durable."""

    def __init__(self, writer: Writer, log: Log, known: Known, faults: FaultFile, now_us: Callable[[], int]) -> None:
        """Append with this writer; `known` holds what the log has already."""
        self._writer = writer
        self._log = log
        self._now_us = now_us
        self._queue: asyncio.Queue[tuple[Leaf, asyncio.Future[int]]] = asyncio.Queue()
        self._faults = faults
        self.fault = faults.read()
        self._known = known
        self._under_way: dict[tuple[Event, str], asyncio.Future[int]] = {}

    @property
    def size(self) -> int:
        """Leaves in the log."""
        return self._writer.checkpoint.size

    def leaf(self, index: int) -> Leaf:
        """A leaf, from the files."""
        return self._log.entry(index)

    def since(self, index: int) -> Iterator[tuple[int, Leaf]]:
        """The leaves from an index on, each with its own, from the files."""
        return enumerate(self._log.entries(index, self.size), index)

    def known(self, event: Event, digest: str) -> int | None:
        """Where this event with this digest first stands, if it does."""
        return self._known.find(event.value, digest)

    async def once(self, event: Event, digest: str, **ids: str) -> int:
        """Log a record, or give the index that it has already. Who asks while it is being logged waits for that leaf.

        Raises:
            LogUnavailableError: it is not in the log and will not be.
        """
        index = self.known(event, digest)
        if index is not None:
            return index
        name = (event, digest)
        if name not in self._under_way:
            self._under_way[name] = self._queued(event, digest, ids)
            self._under_way[name].add_done_callback(lambda _: self._under_way.pop(name))
        return await asyncio.shield(self._under_way[name])  # a caller that goes takes it from nobody else

    async def append(self, event: Event, digest: str, **ids: str) -> int:
        """Log a leaf; gives its index once it is durable under a signed checkpoint.

        Raises:
            LogUnavailableError: it is not in the log and will not be.
        """
        return await self._queued(event, digest, ids)

    def _queued(self, event: Event, digest: str, ids: dict[str, str]) -> asyncio.Future[int]:
        leaf = Leaf(self._now_us(), event.value, ids, digest)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((leaf, future))
        return future

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
        self._take_in(first, [*gap, *leaves])
        for index, (_, future) in enumerate(batch, start=first + len(gap)):
            if not future.done():
                future.set_result(index)

    def _take_in(self, first: int, leaves: list[Leaf]) -> None:
        """Know what was logged, and what an append before it logged although it was reported as failed."""
        try:
            if self._known.size < first:
                leaves = [*self._log.entries(self._known.size, first), *leaves]
        except LogUnavailableError as error:
            logger.warning("what is logged cannot be read back, it is taken in with the next leaf: %s", error)
            return
        for leaf in leaves:
            self._known.add(leaf)

    def _gap(self) -> list[Leaf]:
        if self.fault is None:
            return []
        ids = {
            "from": str(self.fault.since_us),
            "to": str(self._now_us()),
            "renewals": str(self.fault.renewals),
        }
        return [Leaf(self._now_us(), Event.LOG_GAP.value, ids, NOTHING)]
