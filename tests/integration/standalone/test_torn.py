# SPDX-License-Identifier: EUPL-1.2
"""Files that a power cut tore: what can be made again is made again, and the start goes on."""

import os

import pytest

from edge.config import read_config
from hub.demo import command
from hub.embedded import ports, postgres, tree
from hub.layout import Layout
from hub.standalone import PORTS
from tests.integration.standalone.conftest import Machine

TORN = [b"", b'{"kijker": ', b"[]"]


@pytest.mark.parametrize("left", TORN)
def test_accounts_get_passwords_anew(layout: Layout, left: bytes) -> None:
    layout.state.mkdir()
    path = layout.state / "accounts.json"
    path.write_bytes(left)
    made = command.accounts(layout)
    assert all(len(account.password) >= 12 for account in made)
    assert command.accounts(layout) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in layout.state.iterdir()] == ["accounts.json"]


@pytest.mark.parametrize("left", TORN)
def test_ports_are_chosen_anew(layout: Layout, left: bytes) -> None:
    layout.state.mkdir()
    (layout.state / "ports.json").write_bytes(left)
    chosen = ports.chosen(layout.state / "ports.json", PORTS)
    assert ports.chosen(layout.state / "ports.json", PORTS) == chosen


async def test_a_units_configuration_is_written_anew(machine: Machine, layout: Layout) -> None:
    here = machine()
    await here.prepare()
    os.close(here.held)
    (layout.unit("unit-1") / "config.json").write_bytes(b"")
    again = machine()
    await again.prepare()
    os.close(again.held)
    assert read_config(layout.unit("unit-1")).unit == "unit-1"


async def test_keys_are_made_once_and_said_then_only(machine: Machine) -> None:
    said: list[list[str]] = [[], []]
    for words in said:
        here = machine()
        here.say = words.append
        await here.prepare()
        os.close(here.held)
    assert said == [["making keys, roster and certificates (once)"], []]


def test_a_database_starts_over_a_torn_lock(layout: Layout) -> None:
    layout.state.mkdir()
    servers = tree.prepare(layout.servers)
    data = postgres.prepare(servers, "password")
    (data / "postmaster.pid").write_bytes(b"")
    postgres.prepare(servers, "password")
    assert not (data / "postmaster.pid").exists()
