# SPDX-License-Identifier: EUPL-1.2
"""Commands of the hub: by the order key, for this unit, in their five minutes, and each once.

The highest number that was believed is on disk (`commands.json`) before it is acted upon: no broker that kept a command
can say it again, not even to a unit that started anew. Where that file is lost a command of the last five minutes could
be said again; what commands ask for does no harm twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contract.authority import RefusedError
from contract.envelope import opened, read
from contract.messages import COMMAND, COMMAND_LIFE_US, Command
from contract.record import ContractError, Count, dump, load
from edge.unit.files import replace_file
from edge.unit.memory import MemoryFileError

COMMANDS = "commands.json"
AHEAD_US = 60_000_000  # what the hub's clock may be ahead of this unit's
FILE_LIMIT = 1024  # bytes


@dataclass(frozen=True)
class Heard:
    """What is kept: the highest number believed."""

    sequence: Count


class Commands:
    """Of one unit. One thread uses it."""

    def __init__(self, state: Path, unit: str) -> None:
        """Go on from what stands in the unit's folder."""
        self._path, self._unit = state / COMMANDS, unit
        self._heard = _heard(self._path)

    def take(self, data: bytes, order_key: bytes, now_us: int) -> Command:
        """A command that is to be carried out.

        Raises:
            RefusedError: it does not hold, with its rule.
            MemoryFileError: it holds and its number could not be made durable: it is not to be carried out.
        """
        try:
            command = opened(read(data), COMMAND, Command, order_key)
        except ContractError as error:
            raise RefusedError("command.signature", str(error)) from error
        if command.unit != self._unit:
            raise RefusedError("command.unit", "the command is for another unit")
        long_us = command.expires_at_us - command.issued_at_us
        if not 0 < long_us <= COMMAND_LIFE_US or command.issued_at_us > now_us + AHEAD_US:
            raise RefusedError("command.life", "the command lasts longer than five minutes or comes from the future")
        if now_us >= command.expires_at_us:
            raise RefusedError("command.over", "the command came too late")
        if command.sequence <= self._heard.sequence:
            raise RefusedError("command.replayed", "this command or a later one was heard before")
        heard = Heard(command.sequence)
        try:
            replace_file(self._path, dump(heard))
        except OSError as error:
            raise MemoryFileError(f"{self._path}: {error.strerror}") from error
        self._heard = heard
        return command


def _heard(path: Path) -> Heard:
    try:
        with path.open("rb") as file:
            return load(Heard, file.read(FILE_LIMIT), FILE_LIMIT)
    except (OSError, ContractError):
        return Heard(0)
