# SPDX-License-Identifier: EUPL-1.2
"""Signing in: the cookie and what is kept of it, the limit on attempts, roles, the end of a session."""

import pytest

from hub.access.people import AccountError, Accounts
from hub.access.signin import HOUR_US
from hub.store.people import People
from tests.integration.town import CHEAP_KIB, PASSWORD, Town, problem

WRONG = {"name": "viewer", "password": "wrong horse battery"}
RIGHT = {"name": "viewer", "password": PASSWORD}


async def test_a_session_is_a_cookie_that_no_script_reads_and_the_database_does_not_hold(town: Town) -> None:
    await town.client("viewer")
    async with town.browser() as browser:
        answer = await browser.post("/v1/session", json=RIGHT)

        cookie = answer.headers["set-cookie"]
        token = browser.cookies["fz_session"]
        assert answer.status_code == 201
        own = {"name": "viewer", "display": "Viewer", "role": "viewer", "demo": True, "slot": None, "key": None}
        assert answer.json() == own
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert len(bytes.fromhex(token)) == 32
        assert (await browser.get("/v1/session")).json()["name"] == "viewer"
        assert await People(town.database).session(token, town.now_us) is None


async def test_no_cookie_and_a_made_up_one_are_nobody(town: Town) -> None:
    async with town.browser() as browser:
        assert problem(await browser.get("/v1/session"))[:2] == (401, "not-signed-in")
        browser.cookies.set("fz_session", "00" * 32)
        assert problem(await browser.get("/v1/session"))[:2] == (401, "not-signed-in")


async def test_a_session_ends_by_itself_and_on_request(town: Town) -> None:
    viewer = await town.client("viewer")
    town.now_us += 12 * HOUR_US
    assert (await viewer.get("/v1/session")).status_code == 401

    assert (await viewer.post("/v1/session", json=RIGHT)).status_code == 201
    assert (await viewer.delete("/v1/session")).status_code == 204
    assert (await viewer.get("/v1/session")).status_code == 401


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(town: Town) -> None:
    await town.client("viewer")
    async with town.browser() as browser:
        one = await browser.post("/v1/session", json=WRONG)
        other = await browser.post("/v1/session", json=WRONG | {"name": "nobody"})

    assert problem(one)[:2] == (401, "sign-in-failed")
    assert one.json() == other.json()


async def test_a_role_opens_its_own_routes_only(town: Town) -> None:
    viewer = await town.client("viewer")

    assert problem(await viewer.post("/v1/plans", json={"title": "x", "regime": "G151C"})) == (
        403,
        "not-allowed",
        "R11",
    )
    assert (await viewer.get("/v1/deployments")).status_code == 200


async def test_every_route_but_signing_in_and_the_log_demands_a_session(town: Town) -> None:
    spec = (await town.browser().get("/v1/openapi.json")).json()
    answers = {}
    async with town.browser() as browser:
        for path, methods in spec["paths"].items():
            filled = path.replace("{deployment}", "0195" + "0" * 4 + "-0000-7000-8000-000000000000")
            filled = filled.replace("{digest}", "0" * 64).replace("{path}", "checkpoint")
            for method in methods:
                answers[method.upper(), path] = (await browser.request(method, filled, json={})).status_code

    open_to_all = {route for route, status in answers.items() if status != 401}
    units = {("POST", "/v1/enrolments"), ("GET", "/v1/enrolments/{enrolment}")}  # which have no account
    public = {("GET", "/v1/log/{path}"), ("GET", "/v1/erasures"), ("GET", "/v1/urgent")}
    assert open_to_all == {("POST", "/v1/session")} | public | units


async def test_an_account_made_again_is_left_or_replaced(town: Town) -> None:
    viewer = await town.client("viewer")
    accounts = Accounts(People(town.database), lambda: town.now_us, CHEAP_KIB)

    assert await accounts.add("viewer", "Viewer", "viewer", PASSWORD, demo=True) == "unchanged"
    assert (await viewer.get("/v1/session")).status_code == 200
    assert await accounts.add("viewer", "Viewer", "viewer", PASSWORD + "!", demo=True) == "changed"
    assert (await viewer.get("/v1/session")).status_code == 401


async def test_a_slot_is_one_account_and_an_account_made_again_keeps_its_key(town: Town) -> None:
    people = People(town.database)
    accounts = Accounts(people, lambda: town.now_us, CHEAP_KIB)
    await accounts.add("anna", "Anna", "approver", PASSWORD, demo=False, slot="slot-1")
    with pytest.raises(AccountError, match="slot-1 is another account's"):
        await accounts.add("bert", "Bert", "approver", PASSWORD, demo=False, slot="slot-1")
    await accounts.add("bert", "Bert", "approver", PASSWORD, demo=False)
    with pytest.raises(AccountError, match="slot-1 is another account's"):
        await accounts.add("bert", "Bert", "approver", PASSWORD + "!", demo=False, slot="slot-1")

    await accounts.add("carla", "Carla", "operator", PASSWORD, demo=False)
    await people.give_key("carla", b"k" * 91)
    assert await accounts.add("carla", "Carla B.", "operator", PASSWORD, demo=False) == "changed"
    assert await people.key("carla") == b"k" * 91
    assert await accounts.add("carla", "Carla B.", "viewer", PASSWORD, demo=False) == "changed"
    assert await people.key("carla") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ünit"},
        {"name": ""},
        {"role": "administrator"},
        {"password": "short"},
        {"display": " "},
        {"slot": "slot-1"},
        {"role": "approver", "slot": "Slot 1"},
    ],
)
async def test_an_account_that_will_not_do(town: Town, changes: dict[str, str]) -> None:
    given: dict[str, str] = {"name": "anna", "display": "Anna", "role": "viewer", "password": PASSWORD} | changes
    with pytest.raises(AccountError):
        await Accounts(People(town.database), lambda: 1, CHEAP_KIB).add(**given, demo=False)
