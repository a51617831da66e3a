# SPDX-License-Identifier: EUPL-1.2
"""What an object of the media process does again and again beside its events, and how its end is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Ticker:
    """Calls `work` every `every_s` from `start` to `close`. Work that fails ends it, and `wait` raises that."""

    def __init__(self, work: Callable[[], None], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; `wait` for it as well."""
        self._task = asyncio.create_task(self._run())

    async def wait(self) -> None:
        """Return when it has ended, which it does not by itself; raises what ended it."""
        if self._task is not None:
            await self._task

    def close(self) -> None:
        """No call after this one."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            self._work()
