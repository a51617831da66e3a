# SPDX-License-Identifier: EUPL-1.2
"""What holds for every request: headers, bounds, own origin, problems for everything that goes wrong."""

import pytest

from hub.access.signin import SignIn
from hub.app.boundary import PEOPLE_BODY_LIMIT
from tests.integration.town import Town, problem


async def test_every_answer_says_its_version_and_is_not_stored(town: Town) -> None:
    async with town.browser() as browser:
        for answer in (await browser.get("/v1/session"), await browser.get("/v1/openapi.json")):
            assert answer.headers["api-version"] == "1.0.0"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_unknown_routes_and_methods_are_problems(town: Town) -> None:
    async with town.browser() as browser:
        assert problem(await browser.get("/v1/nothing"))[:2] == (404, "not-found")
        assert problem(await browser.put("/v1/session"))[:2] == (405, "method-not-allowed")


async def test_a_problem_speaks_the_readers_language(town: Town) -> None:
    async with town.browser() as browser:
        dutch = await browser.get("/v1/session", headers={"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.1"})
        english = await browser.get("/v1/session")

    assert (dutch.json()["title"], dutch.headers["content-language"]) == ("Niet aangemeld", "nl")
    assert (english.json()["title"], english.headers["content-language"]) == ("Not signed in", "en")


async def test_a_body_is_bounded_whether_its_length_is_said_or_not(town: Town) -> None:
    async def chunks() -> object:
        for _ in range(3):
            yield b" " * (PEOPLE_BODY_LIMIT // 2)

    async with town.browser() as browser:
        said = await browser.post("/v1/session", content=b" " * (PEOPLE_BODY_LIMIT + 1))
        unsaid = await browser.post("/v1/session", content=chunks())  # type: ignore[arg-type]

    assert problem(said)[:2] == problem(unsaid)[:2] == (413, "too-large")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"null", b"[1]", b'{"name": 1, "password": "x"}'])
async def test_what_is_no_valid_body_is_a_problem(town: Town, content: bytes) -> None:
    async with town.browser() as browser:
        answer = await browser.post("/v1/session", content=content, headers={"Content-Type": "application/json"})

    assert problem(answer)[:2] == (400, "invalid-request")


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://evil.example", "null"])
async def test_a_change_asked_for_by_another_site_is_refused(town: Town, origin: str) -> None:
    operator = await town.client("operator")

    assert problem(await operator.delete("/v1/session", headers={"Origin": origin}))[:2] == (403, "wrong-origin")
    assert (await operator.get("/v1/session", headers={"Origin": origin})).status_code == 200
    assert (await operator.delete("/v1/session", headers={"Origin": "http://localhost"})).status_code == 204


async def test_what_nobody_foresaw_is_shown_without_its_trace(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: object, token: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(SignIn, "person", broken)
    async with town.browser() as browser:
        answer = await browser.get("/v1/session")

    assert problem(answer)[:2] == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_log_is_everyones_and_nothing_else_of_its_folder_is(town: Town) -> None:
    await town.introduce()
    async with town.browser() as browser:
        checkpoint = await browser.get("/v1/log/checkpoint")
        tile = await browser.get("/v1/log/tile/0/000.p/3")
        for path in (
            "",
            "tile",
            "tile/0/001",
            "tile/0/000.p/4",
            "../keeper/order.key",
            "..%2f..%2fanchors.json",
            ".new",
        ):
            assert problem(await browser.get(f"/v1/log/{path}"))[:2] == (404, "not-found")

    assert checkpoint.text == town.log.checkpoint()[0]
    assert len(tile.content) == 3 * 32
    assert "immutable" in tile.headers["cache-control"]
