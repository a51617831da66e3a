# SPDX-License-Identifier: EUPL-1.2
"""What a unit does at a command: nothing, unless the order key gave it to this unit, just now, for the first time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.authority import RefusedError
from contract.envelope import enclose, spki
from contract.messages import ACK, COMMAND, COMMAND_LIFE_US, Ack, Command
from contract.record import dump
from edge.unit import commands as module
from edge.unit.commands import COMMANDS, Commands
from edge.unit.memory import MemoryFileError
from tests.simulated_hub import ed25519
from tests.unit.edge.unit import NOW_US

ORDER_KEY = ed25519("order")
PUBLIC = spki(ORDER_KEY)
COMMAND_OF = Command(
    unit="unit-1",
    sequence=7,
    issued_at_us=NOW_US,
    expires_at_us=NOW_US + COMMAND_LIFE_US,
    grant=40,
    decision="d" * 64,
    what="fetch",
    camera="cam-1",
    from_us=NOW_US - 20_000_000,
    to_us=NOW_US,
)


def signed(signer: Any = ORDER_KEY, **changes: Any) -> bytes:
    return dump(enclose(COMMAND, replace(COMMAND_OF, **changes), signer))


def rule(commands: Commands, data: bytes, now_us: int = NOW_US) -> str:
    """The rule by which it is refused, or what it says."""
    try:
        return commands.take(data, PUBLIC, now_us).what
    except RefusedError as refused:
        return refused.rule


def test_a_command_is_carried_out_once_over_a_restart_too(tmp_path: Path) -> None:
    commands = Commands(tmp_path, "unit-1")
    assert commands.take(signed(), PUBLIC, NOW_US) == COMMAND_OF
    assert rule(commands, signed()) == "command.replayed"
    assert rule(Commands(tmp_path, "unit-1"), signed()) == "command.replayed"
    assert rule(Commands(tmp_path, "unit-1"), signed(sequence=6)) == "command.replayed"
    assert rule(Commands(tmp_path, "unit-1"), signed(sequence=8)) == "fetch"
    assert (tmp_path / COMMANDS).read_bytes() == b'{"sequence":8}'


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (signed(ed25519("film")), "command.signature"),
        (signed().replace(b"command", b"commando"), "command.signature"),
        (dump(enclose(ACK, Ack("unit-1", "a" * 64, 1, NOW_US), ORDER_KEY)), "command.signature"),
        (b"", "command.signature"),
        (signed(unit="unit-2"), "command.unit"),
        (signed(expires_at_us=NOW_US), "command.life"),
        (signed(expires_at_us=NOW_US + COMMAND_LIFE_US + 1), "command.life"),
        (signed(issued_at_us=NOW_US + 60_000_001), "command.life"),
        (signed(issued_at_us=NOW_US - 9, expires_at_us=NOW_US), "command.over"),
    ],
)
def test_what_does_not_hold_is_refused_and_changes_nothing(tmp_path: Path, data: bytes, found: str) -> None:
    commands = Commands(tmp_path, "unit-1")
    assert rule(commands, data) == found
    assert not (tmp_path / COMMANDS).exists()
    assert rule(commands, signed(sequence=1)) == "fetch"


def test_what_cannot_be_remembered_is_not_carried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    commands = Commands(tmp_path, "unit-1")
    with monkeypatch.context() as broken:
        broken.setattr(module, "replace_file", full)
        with pytest.raises(MemoryFileError):
            commands.take(signed(), PUBLIC, NOW_US)
    assert rule(commands, signed()) == "fetch"


def test_a_lost_file_does_not_stop_a_unit(tmp_path: Path) -> None:
    (tmp_path / COMMANDS).write_bytes(b'{"sequence":')
    assert rule(Commands(tmp_path, "unit-1"), signed()) == "fetch"
