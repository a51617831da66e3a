# SPDX-License-Identifier: EUPL-1.2
"""Servers that stand elsewhere: what is given reaches the hub's processes and the unit, and is not started here."""

import os

import pytest

from edge.config import read_config
from hub.embedded import tree
from hub.layout import Layout
from hub.standalone import StandaloneError
from tests.integration.standalone.conftest import Machine

DATABASE = "postgresql://fz:secret@db.example:5433/flexzicht"
BROKER = "mqtts://broker.example:8884"


async def test_without_addresses_both_servers_are_embedded(machine: Machine, layout: Layout) -> None:
    here = machine()
    await here.prepare()
    try:
        config = read_config(layout.unit("unit-1"))
        assert (config.mqtt_host, config.mqtt_port) == ("127.0.0.1", here.ports["mqtt"])
        programs = here.databases(tree.prepare(layout.servers))
        assert [program.name for program in programs] == ["postgres", "nats"]
    finally:
        os.close(here.held)


async def test_a_given_broker_reaches_the_unit_and_is_not_started(machine: Machine, layout: Layout) -> None:
    here = machine(MQTT_URL=BROKER)
    await here.prepare()
    try:
        config = read_config(layout.unit("unit-1"))
        assert (config.mqtt_host, config.mqtt_port) == ("broker.example", 8884)
        assert here.role("worker").env["MQTT_URL"] == BROKER
        programs = here.databases(tree.prepare(layout.servers))
        assert [program.name for program in programs] == ["postgres"]
    finally:
        os.close(here.held)


async def test_a_given_database_reaches_the_hub_and_is_not_started(machine: Machine, layout: Layout) -> None:
    here = machine(DATABASE_URL=DATABASE)
    await here.prepare()
    try:
        assert here.role("serve").env["DATABASE_URL"] == DATABASE
        programs = here.databases(tree.prepare(layout.servers))
        assert [program.name for program in programs] == ["nats"]
        assert not (layout.servers / "postgres").exists()
    finally:
        os.close(here.held)


async def test_a_later_start_follows_a_new_address_and_keeps_the_units_secret(machine: Machine, layout: Layout) -> None:
    first = machine()
    await first.prepare()
    os.close(first.held)
    before = read_config(layout.unit("unit-1"))
    second = machine(MQTT_URL="mqtts://broker.example")
    await second.prepare()
    os.close(second.held)
    config = read_config(layout.unit("unit-1"))
    assert (config.mqtt_host, config.mqtt_port) == ("broker.example", 8883)
    assert config.client_id == before.client_id


@pytest.mark.parametrize("url", ["mqtt://broker.example:1883", "broker.example", "mqtts://:8883", "mqtts://a:b"])
async def test_an_address_that_is_none_is_said(machine: Machine, url: str) -> None:
    here = machine(MQTT_URL=url)
    with pytest.raises(StandaloneError, match="mqtts://host:port"):
        await here.prepare()
    os.close(here.held)
