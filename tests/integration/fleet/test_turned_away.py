# SPDX-License-Identifier: EUPL-1.2
"""Whoever runs the broker forgets no revocation because the worker's list is torn, too long or gone."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub import standalone
from hub.demo import command
from hub.layout import Layout
from hub.standalone import REVOKED_LIMIT, Standalone


def machine(folder: Path) -> Standalone:
    return Standalone(Layout(folder), command.PLAN, (), (), lambda: 0)


SPOILS: dict[str, Callable[[Path], object]] = {
    "torn": lambda path: path.write_bytes(b'["unit-1"'),
    "no list": lambda path: path.write_bytes(b'{"unit-1": 1}'),
    "no names": lambda path: path.write_bytes(b"[1]"),
    "deep": lambda path: path.write_bytes(b"[" * 5000),
    "empty": lambda path: path.write_bytes(b""),
    "too long": lambda path: path.write_bytes(b"[" + b" " * REVOKED_LIMIT + b"]"),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_who_was_revoked_stays_so_while_the_list_cannot_be_read(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    here = machine(tmp_path)
    here.layout.revoked.parent.mkdir(parents=True)
    assert here._revoked() == frozenset()
    here.layout.revoked.write_bytes(b'["unit-1"]\n')
    assert here._revoked() == {"unit-1"}

    spoil(here.layout.revoked)

    assert here._revoked() == {"unit-1"}
    assert machine(tmp_path)._revoked() == {"unit-1"}  # and at the next start
    here.layout.revoked.write_bytes(b"[]\n")  # whole: it was enrolled anew
    assert here._revoked() == frozenset()


def test_the_broker_knows_who_was_let_in_less_who_was_revoked(tmp_path: Path) -> None:
    here = machine(tmp_path)
    here.units = command.unit_plans(Path("/films/street.mp4"), "street-1906", 2)
    here.layout.admitted.parent.mkdir(parents=True)
    assert here._admitted() == ["unit-1", "unit-2"]
    here.layout.admitted.write_bytes(b'["unit-2", "unit-4", "worker,O=x", "+", "UNIT"]')
    here.layout.revoked.write_bytes(b'["unit-1"]')
    assert here._admitted() == ["unit-2", "unit-4"]


async def test_the_broker_is_told_again_at_most_every_few_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, told, waits = machine(tmp_path), list[list[str]](), list[float]()
    here.layout.revoked.parent.mkdir(parents=True)
    home: Any = None
    supervisor: Any = SimpleNamespace(kill=lambda name, signal: told.append(here._admitted()))

    async def sleep(seconds: float) -> None:
        """Each time that somebody looks, the list is another."""
        waits.append(seconds)
        here.layout.admitted.write_bytes(f'["unit-{len(waits)}"]'.encode())
        if len(waits) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr("hub.standalone.asyncio.sleep", sleep)
    monkeypatch.setattr("hub.standalone.nats.prepare", lambda home, broker: None)
    monkeypatch.setattr(Standalone, "_broker", lambda here: None)
    with pytest.raises(asyncio.CancelledError):
        await here._turn_away(home, supervisor)

    assert waits == [standalone.LOOK_S, standalone.TOLD_AGAIN_S] * 2
    assert told == [["unit-1"], ["unit-3"]]
