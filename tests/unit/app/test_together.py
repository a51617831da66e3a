# SPDX-License-Identifier: EUPL-1.2
"""What ends by itself ends the process, and says so; what is asked to end does so in peace."""

import asyncio
import logging

import pytest

from hub.app import together as module
from hub.app.together import PartEndedError, together


class Parts:
    """A part that runs until it is cancelled, and others that do not."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.cancelled = False

    async def lasting(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    async def returning(self) -> None:
        await asyncio.sleep(0)

    async def failing(self) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError("by nothing")

    async def failing_last(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while it was put away")


async def test_a_part_that_returns_ends_all() -> None:
    parts = Parts()

    with pytest.raises(PartEndedError, match=r"Parts\.returning ended by itself"):
        await together(parts.stop, parts.lasting(), parts.returning())
    assert parts.cancelled


async def test_a_part_that_fails_ends_all_with_its_own_error() -> None:
    parts = Parts()

    with pytest.raises(ZeroDivisionError):
        await together(parts.stop, parts.lasting(), parts.failing())
    assert parts.cancelled


async def test_stopping_ends_all_in_peace() -> None:
    parts = Parts()
    asyncio.get_running_loop().call_soon(parts.stop.set)

    await together(parts.stop, parts.lasting())
    assert parts.cancelled


async def test_what_fails_while_another_ends_is_not_lost(caplog: pytest.LogCaptureFixture) -> None:
    parts = Parts()

    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
        await together(parts.stop, parts.failing(), parts.failing_last())
    assert "while it was put away" in caplog.text


async def test_a_part_that_swallows_one_cancellation_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANCEL_AGAIN_S", 0.01)
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    stop = asyncio.Event()
    running = asyncio.create_task(together(stop, deaf()))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert swallowed == 1


async def test_what_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "CANCEL_AGAIN_S", 0.001)
    stop, swallowed = asyncio.Event(), 0

    async def stubborn() -> None:
        nonlocal swallowed
        while swallowed <= module.LOUD_EVERY:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1

    running = asyncio.create_task(module.together(stop, stubborn()))
    await asyncio.sleep(0)
    stop.set()
    await running
    assert "stubborn" in caplog.text and "test_together.py:" in caplog.text and "does not end" in caplog.text
