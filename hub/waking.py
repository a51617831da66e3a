# SPDX-License-Identifier: EUPL-1.2
"""How a task of the worker waits: until it is woken, and no longer than it may go without a look of its own.

A word that comes while the task is at work is not lost: :meth:`Waking.begin` is said before a round looks at anything,
so what is said during the round begins the next one.
"""

import asyncio
import contextlib


class Waking:
    """One task waits; anybody in its loop wakes it."""

    def __init__(self) -> None:
        self._something = asyncio.Event()

    def wake(self) -> None:
        """There is something to do."""
        self._something.set()

    def begin(self) -> None:
        """A round begins: what was said until now is looked at in it."""
        self._something.clear()

    async def woken(self, within_s: float) -> None:
        """Wait for the next word since the round began, this long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._something.wait()
