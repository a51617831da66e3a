# SPDX-License-Identifier: EUPL-1.2
"""What the keeper tells units to do: to send footage that somebody with a logged grant to replay waits for.

A unit believes a number once and only a higher one after it, so the highest one given each unit is on disk before it is
used. Where that file was lost the numbers go on from the clock's microseconds, far above any that were given.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import RefusedError
from contract.envelope import Envelope, enclose
from contract.live import Grant
from contract.messages import COMMAND, COMMAND_LIFE_US, Command
from contract.record import decode, encode
from hub import files
from hub.keeper import calls, checks

NUMBERS_LIMIT = 1024 * 1024  # bytes; some fifty a unit
logger = logging.getLogger(__name__)


class Commands:
    """Signs the command `fetch`, and owns the file of the highest numbers."""

    def __init__(self, path: Path, order_key: Ed25519PrivateKey, now_us: Callable[[], int]) -> None:
        """Go on from what the file at `path` holds."""
        self._path = path
        self._order_key = order_key
        self._now_us = now_us
        self._numbers = _numbers(path)
        self._numbering = asyncio.Lock()

    async def fetch(self, call: calls.MakeCommand, grant: Grant, records: checks.Records) -> Envelope:
        """Tell a unit that filmed a camera of this grant to send a stretch of its footage first.

        Raises:
            RefusedError: the grant is for other footage, or the unit never filmed that camera in its deployment.
            OSError: the number could not be made durable; nothing was signed.
        """
        first_us, end_us = checks.footage(grant)
        if not first_us <= call.from_us < call.to_us <= end_us:
            raise RefusedError("keeper.grant", "the range is not inside that of the grant")
        bodies = [placed.assignment for placed in records.of_deployment(grant.deployment)]
        if (call.unit, call.camera) not in {(body.unit, body.camera) for body in bodies}:
            raise RefusedError("keeper.assignment", f"{call.unit} never had {call.camera} in this deployment")
        decision, _ = records.newest(grant.deployment)
        async with self._numbering:
            now_us = self._now_us()
            number = max(self._numbers.get(call.unit, 0) + 1, now_us)
            numbers = {**self._numbers, call.unit: number}
            await asyncio.to_thread(files.replace, self._path, encode(numbers))
            self._numbers = numbers
        command = Command(
            unit=call.unit,
            sequence=number,
            issued_at_us=now_us,
            expires_at_us=now_us + COMMAND_LIFE_US,
            grant=call.ref.index,
            decision=decision,
            what="fetch",
            camera=call.camera,
            from_us=call.from_us,
            to_us=call.to_us,
        )
        return enclose(COMMAND, command, self._order_key)


def _numbers(path: Path) -> dict[str, int]:
    """The highest number of each unit; none where the file is not there or cannot be read, and then it says so."""
    try:
        return {unit: int(number) for unit, number in dict(decode(path.read_bytes(), NUMBERS_LIMIT)).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:  # a ContractError is a ValueError
        logger.error("%s cannot be read, commands are numbered by the clock: %s", path.name, error)
        return {}
