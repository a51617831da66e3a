# SPDX-License-Identifier: EUPL-1.2
"""A process of several tasks: all of them, or none.

None of them ends by itself. One that does, with an exception or without, ends the process, and its supervisor starts it
again: half a process that looks whole would be worse.
"""

import asyncio
import itertools
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)
CANCEL_AGAIN_S = 2.0
LOUD_EVERY = 5  # of these


class PartEndedError(Exception):
    """A part of the process ended without being asked to, and without saying why."""


async def together(stop: asyncio.Event, *parts: Coroutine[Any, Any, None]) -> None:
    """Run all parts until `stop` is set; they are cancelled then.

    Raises:
        PartEndedError: one returned before that; or whatever one raised.
    """
    tasks = [asyncio.create_task(part, name=getattr(part, "__qualname__", repr(part))) for part in parts]
    stopping = asyncio.create_task(stop.wait())
    ended: set[asyncio.Task[None]] = set()
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        ended = {task for task in tasks if task.done()}
    finally:
        await _ended([*tasks, stopping])
    failed = [task for task in (*ended, *tasks) if not task.cancelled() and task.exception() is not None]
    for task in dict.fromkeys(failed):
        logger.error("%s ended: %r", task.get_name(), task.exception())
    if failed:
        failed[0].result()
    if ended and not stop.is_set():
        raise PartEndedError(f"{', '.join(sorted(task.get_name() for task in ended))} ended by itself")


def _stands_in(task: asyncio.Task[Any]) -> str:
    """The line that a task has come to, of its own coroutine."""
    frames = task.get_stack(limit=1)
    return f"{frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else "nowhere"


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: a library may swallow one cancellation, and then wait as if none had come."""
    for tries in itertools.count(1):
        left = [task for task in tasks if not task.done()]
        if not left:
            break
        if tries % LOUD_EVERY == 0:
            logger.error("%s does not end", ", ".join(f"{task.get_name()} ({_stands_in(task)})" for task in left))
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
