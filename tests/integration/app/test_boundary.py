# SPDX-License-Identifier: EUPL-1.2
"""What holds for every request: headers, bounds, own origin, problems for everything that goes wrong."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hub.access.signin import SignIn
from hub.app.boundary import PEOPLE_BODY_LIMIT
from hub.store.views import Views
from tests.integration.fleet.newcomer import Newcomer
from tests.integration.town import CAMERA, MINUTE_US, PASSWORD, UNIT, Town, photo, problem


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


NO_TEXT = ["\0", "a\0b", "\x1b[31m", "\x7f", "\x85", "\ud800", "\udfff\ud800", "a\u202eb", "\u200b", "\u2028"]
STRANGE: list[Any] = [
    *("", " ", "\0", "\ud800", "A" * 600, "é\N{VIDEO CAMERA}\n", "{reason}"),
    *(None, -1, 2**63, 10**30, float("nan"), [[]], {"\ud800": {}}),
]


def altered(body: Any) -> Iterator[Any]:
    """The body with each of its parts, and a part more, in turn, being each of the strange ones."""

    def places(part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        yield at
        for key in part if isinstance(part, dict) else range(min(1, len(part))) if isinstance(part, list) else ():
            yield from places(part[key], (*at, key))
        if isinstance(part, dict):
            yield (*at, "a field more")

    for place in places(body):
        for strange in STRANGE:
            changed = {"it": copy.deepcopy(body)}
            part: Any = changed
            for key in ("it", *place)[:-1]:
                part = part[key]
            part[("it", *place)[-1]] = strange
            yield changed["it"]
    yield from ({**body, key: 1} for key in NO_TEXT)


async def bodies(town: Town) -> dict[str, tuple[str, Any]]:
    """By route: who may send it, and a body that is right, so that each part of it is looked at."""
    signed = {"signature": {"alg": "es256", "key": "0" * 64, "sig": "AAAA"}}
    roster = json.loads((town.layout.offline / "roster.json").read_bytes())
    pem = (town.layout.unit(UNIT) / "identity.pem").read_text()
    return {
        "/v1/session": ("viewer", {"name": "viewer", "password": PASSWORD}),
        "/v1/roster": ("operator", roster),
        "/v1/bindings": ("approver", roster),
        "/v1/session/key": ("operator", {"key": "AAAA", "proof": signed["signature"]}),
        "/v1/approvers/tries": ("approver", {"slot": "slot-1", "at_us": 1, **signed}),
        "/v1/units": ("operator", {"certificate": pem, "camera": CAMERA, "source_note": "a test"}),
        "/v1/delegations": ("operator", town.delegation()),
        "/v1/designations": ("operator", town.designated("01957a00-0000-7000-8000-000000000000")),
        "/v1/plans": ("operator", {"title": "Voorbeeldplein", "regime": "G151C"}),
        "/v1/plans/{plan}": ("operator", {"base_version": 2, "title": "Voorbeeldplein", "body": town.asked()}),
        "/v1/deployments/{deployment}/signs": ("installer", photo("entry-1", town.now_us)),
        "/v1/deployments/{deployment}/decision/signatures": ("approver", signed),
        "/v1/deployments/{deployment}/assignments": ("operator", {"post": "post-1", "unit": UNIT, "camera": CAMERA}),
        "/v1/assignments/{digest}/signatures": ("operator", signed),
        "/v1/enrolments": ("viewer", {"csr": Newcomer(town).request(), "claim": "0" * 64, "source_note": "a test"}),
        "/v1/claims": ("installer", {"code": "00000-00000"}),
        "/v1/enrolments/{enrolment}/confirmation": ("operator", {"fingerprint": "0" * 64}),
        "/v1/views": ("viewer", {"cameras": [CAMERA], "purpose": "watch", "grant": 1}),
    }


def some_body(spec: dict[str, Any], method: dict[str, Any]) -> dict[str, str]:
    """For a route of which nothing more is known: its fields, with a word in each."""
    name = method["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return dict.fromkeys(spec["components"]["schemas"][name]["properties"], "word")


async def test_no_body_is_the_hubs_own_fault(town: Town) -> None:
    deployment = await town.deploy()
    draft = (await town.draft_assignment(deployment)).json()
    plan, waiting = await town.plan(), await Newcomer(town).claimed()
    town.now_us += 2 * MINUTE_US
    await Views(town.database).register_media("a" * 32, town.now_us, 0, [])
    spec = (await town.browser().get("/v1/openapi.json")).json()
    right = await bodies(town)
    places = {"plan": plan["id"], "deployment": deployment["id"], "digest": draft["digest"], "unit": UNIT}
    places |= {"chain": "c" * 64, "enrolment": waiting["enrolment"]}
    failed = []
    for number, (template, methods) in enumerate(spec["paths"].items()):
        for method in (name for name in methods if "requestBody" in methods[name]):
            role, body = right.pop(template, None) or ("operator", some_body(spec, methods[method]))
            path = re.sub(r"{(\w+)}", lambda place: places.get(place[1], "a" * 32), template)
            for n, strange in enumerate(altered(body)):
                headers = {"Content-Type": "application/json", "X-Forwarded-For": f"192.0.{number}.{n % 250}"}
                client = await town.client(role)
                answer = await client.request(method, path, content=json.dumps(strange), headers=headers)
                if answer.status_code >= 500:
                    failed.append((path, answer.json()["type"], strange))
    assert failed == []
    assert right == {}


@pytest.mark.parametrize("text", NO_TEXT)
async def test_what_is_no_text_is_refused_by_its_place(town: Town, text: str) -> None:
    operator = await town.client("operator")
    for path, body, where in (
        ("/v1/session", {"name": f"viewer{text}", "password": PASSWORD}, "name"),
        ("/v1/plans", {"title": text, "regime": "G151C"}, "title"),
        ("/v1/plans", {"title": "Voorbeeldplein", "regime": "G151C", f"a{text}": 1}, "body"),
        ("/v1/plans", [text], "body"),
    ):
        answer = await operator.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert problem(answer)[:2] == (422, "text-refused")
        assert answer.json()["parameters"] == {"where": where}


async def test_no_path_is_the_hubs_own_fault(town: Town) -> None:
    await town.introduce()
    spec = (await town.browser().get("/v1/openapi.json")).json()
    client = await town.client("operator")
    for template, methods in spec["paths"].items():
        before, brace, after = template.partition("{")
        if not brace:
            continue
        for strange in (
            "%00",
            "a%00b",
            "%1b",
            "%7f",
            "%c2%85",
            "%ed%a0%80",
            "%ff",
            "%2e%2e",
            "A" * 9000,
            "'",
            "%25s",
            "-1",
        ):
            for method in methods:
                path = before + strange + after.partition("}")[2]
                answer = await client.request(method, path, json={})
                assert 400 <= problem(answer)[0] < 500, (method, path)


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
