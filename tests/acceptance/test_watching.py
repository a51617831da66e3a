# SPDX-License-Identifier: EUPL-1.2
"""A person signs in, presses one button, and sees what was filmed less than a second ago, under a logged grant."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass

import httpx
import pytest
from playwright.async_api import Browser, expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from contract.envelope import enclose, read
from contract.events import Event
from contract.live import TICKET, Ticket
from contract.record import dump, load
from hub.audit.log import Log
from hub.keeper import keyring
from tests.acceptance.stage import Stage
from tests.acceptance.watching import SECOND_MS, Sight, see, signed_in, watch
from tests.simulated_hub import ed25519 as key_named

pytestmark = pytest.mark.asyncio(loop_scope="session")

AGE_LIMIT_US = 1_000_000
TILE_MAY_DIFFER_MS = 200
SIGHTS = 40


def log_of(stage: Stage) -> Log:
    keys = keyring.read(stage.layout.keeper)
    return Log(stage.layout.log, keys.config.origin, keys.log.public_key())


async def sights(page: object, count: int) -> list[Sight]:
    """So many readable looks at the tile."""
    found: list[Sight] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            sight = await see(page)  # type: ignore[arg-type]
            if sight is not None and sight.age_ms == sight.age_ms:
                found.append(sight)
            await asyncio.sleep(0.1)
    return found


async def test_a_moving_picture_of_the_age_that_the_tile_says(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    index = await watch(page)

    seen = await sights(page, SIGHTS)

    emitted = stage.emitted()
    assert len({sight.number for sight in seen}) > SIGHTS / 2, "the picture does not move"
    ages_us = [sight.at_us - emitted[sight.number] for sight in seen]
    assert max(ages_us) < AGE_LIMIT_US
    for sight, age_us in zip(seen, ages_us, strict=True):
        assert abs(age_us / 1000 - sight.age_ms) < TILE_MAY_DIFFER_MS
    leaf = log_of(stage).entry(index)
    assert leaf.event == Event.VIEW_GRANTED.value
    assert leaf.at_us < min(sight.at_us for sight in seen), "the picture came before its look was logged"
    await expect(page.get_by_test_id("tile-source-note")).to_contain_text("recorded footage")
    await profile.close()


async def test_a_look_is_logged_with_its_length(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    index = await watch(page)
    await profile.close()

    async with asyncio.timeout(20):
        while not [
            leaf
            for _, leaf in log_of(stage).find(Event.VIEW_WATCHED.value)
            if leaf.ids["grant"] == str(index) and int(leaf.ids["to"]) > int(leaf.ids["from"])
        ]:
            await asyncio.sleep(0.1)
    log_of(stage).check()


async def test_a_unit_that_dies_is_named_and_comes_back(stage: Stage, browser: Browser) -> None:
    profile, page = await signed_in(browser, stage)
    await watch(page)
    tile = page.get_by_test_id("tile")

    stage.units.kill(stage.plan.unit, signal.SIGKILL)

    await expect(tile).to_have_attribute("data-state", "lost", timeout=20 * SECOND_MS)
    await expect(tile).to_have_attribute("data-state", "live", timeout=40 * SECOND_MS)
    await profile.close()


@dataclass(frozen=True)
class Looker:
    """A person's API session without a browser."""

    http: httpx.AsyncClient
    host: str
    origin: str

    async def ticket(self, camera: str) -> str:
        answer = await self.http.post("/v1/views", json={"cameras": [camera], "purpose": "watch"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["ticket"])


async def looker(stage: Stage) -> Looker:
    port = stage.machine.ports["people"]
    host = f"localhost:{port}"
    http = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Host": host, "Origin": stage.machine.address},
        timeout=20,
        trust_env=False,
    )
    answer = await http.post("/v1/session", json={"name": "kijker", "password": stage.password("kijker")})
    assert answer.status_code == 201, answer.text
    return Looker(http, host, stage.machine.address)


async def opened_by(stage: Stage, ticket: str) -> tuple[list[str | bytes], int]:
    """What a socket gives for a ticket: its messages until it closes or shows a picture, and the close code."""
    port = stage.machine.ports["people"]
    messages: list[str | bytes] = []
    url = f"ws://localhost:{port}/live"
    async with connect(url, host="127.0.0.1", port=port, origin=stage.machine.address, compression=None) as socket:  # type: ignore[arg-type]
        await socket.send(ticket)
        try:
            async with asyncio.timeout(15):
                async for message in socket:
                    messages.append(message)
                    if isinstance(message, bytes):
                        break
        except ConnectionClosed:
            pass
        return messages, socket.close_code or 0


async def test_only_the_keepers_ticket_opens_and_once(stage: Stage) -> None:
    who = await looker(stage)
    good = await who.ticket(stage.plan.camera)

    messages, _ = await opened_by(stage, good)
    assert isinstance(messages[0], str) and json.loads(messages[0])["type"] == "opened"
    assert isinstance(messages[-1], bytes)

    ticket = load(Ticket, read(good.encode()).body)
    forged = dump(enclose(TICKET, ticket, key_named("not the keeper"))).decode()
    flipped = (await who.ticket(stage.plan.camera)).replace('"body":"ey', '"body":"eY')
    for bad in (good, forged, flipped, "{}", "x" * 4000):
        messages, code = await opened_by(stage, bad)
        assert (messages, code) == ([], 4008)
    await who.http.aclose()


async def test_nobody_looks_without_signing_in(stage: Stage) -> None:
    who = await looker(stage)
    assert (await who.http.request("DELETE", "/v1/session")).status_code == 204
    before = log_of(stage).checkpoint()[1].size

    answer = await who.http.post("/v1/views", json={"cameras": [stage.plan.camera], "purpose": "watch"})

    assert answer.status_code == 401
    assert not [
        leaf
        for leaf in log_of(stage).entries(before, log_of(stage).checkpoint()[1].size)
        if leaf.event == "view.granted"
    ]
    await who.http.aclose()
