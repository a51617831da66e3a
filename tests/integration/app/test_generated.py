# SPDX-License-Identifier: EUPL-1.2
"""Every operation of the published description, with what can be generated for it: no answer is the hub's own fault.

The description is what the hub serves, the hub is the real one over a real database. Half of the input fits the
description, with ids of things that are there; half breaks it somewhere. What is refused is a problem that says why.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode

from tests.integration.town import UNIT, Town

EXAMPLES = 2  # of either half, for each operation
ROLES = ("operator", "approver", "installer", "viewer")
ELSEWHERE = {
    ("GET", "/v1/events"): "never ends; tests/integration/app/test_changes.py",
    ("DELETE", "/v1/session"): "would sign those out who ask the rest; tests/integration/access/test_signin.py",
}
UNAVAILABLE = {"media-unavailable", "keeper-unreachable"}  # no media process runs here
BRIEF = settings(
    max_examples=EXAMPLES,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


async def known(town: Town) -> Mapping[str, str]:
    """Ids of what is there, by the names that paths give them."""
    deployment = await town.deploy()
    plan = await town.plan()
    return {
        "deployment": deployment["id"],
        "digest": (await town.draft_assignment(deployment)).json()["digest"],
        "plan": plan["id"],
        "designation": town.designation,
        "unit": UNIT,
    }


async def test_nothing_that_can_be_asked_is_the_hubs_own_fault(town: Town) -> None:
    ids, loop = await known(town), asyncio.get_running_loop()
    clients = [await town.client(role) for role in ROLES]
    description = (await town.browser().get("/v1/openapi.json")).json()
    asked: set[tuple[str, str]] = set()
    wrong: list[str] = []

    async def ask(case: Case) -> None:
        asked.add((case.method.upper(), case.path))
        answer = await _answer(clients, case)
        fault = _fault(case, answer, description)
        if fault is not None:
            wrong.append(f"{case.method} {case.formatted_path} {fault}: {str(case.body)[:300]}")

    def all_of(operation: APIOperation) -> None:
        if (operation.method.upper(), operation.path) in ELSEWHERE:
            return
        here = {name: value for name, value in ids.items() if f"{{{name}}}" in operation.path}
        fitting = operation.as_strategy(path_parameters=here or None)
        for strategy in (fitting, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)):

            @BRIEF
            @given(strategy)
            def one(case: Case) -> None:
                asyncio.run_coroutine_threadsafe(ask(case), loop).result()

            with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be given something wrong
                one()

    for result in schemathesis.openapi.from_dict(description).get_all_operations():
        await asyncio.to_thread(all_of, result.ok())

    published = {(method.upper(), path) for path, methods in description["paths"].items() for method in methods}
    assert wrong == []
    assert asked == published - set(ELSEWHERE)


async def _answer(clients: list[httpx.AsyncClient], case: Case) -> httpx.Response:
    """The answer to the first whose role may ask this."""
    written = case.as_transport_kwargs(base_url="http://localhost")
    said = {name: written[name] for name in ("params", "json", "data") if written.get(name) is not None}
    if "data" in said:
        said["content"] = said.pop("data")
    headers = {name: value for name, value in (written.get("headers") or {}).items() if name.lower() != "user-agent"}
    for client in clients:
        answer = await client.request(written["method"], written["url"], headers=headers, **said)
        if not (answer.status_code == 403 and answer.json()["type"] == "/problems/not-allowed"):
            break
    return answer


def _fault(case: Case, answer: httpx.Response, description: dict[str, Any]) -> str | None:
    """What is wrong with an answer: neither a success that is described nor a problem that says why."""
    operation = description["paths"][case.path][case.method.lower()]
    if str(answer.status_code) in operation["responses"] and answer.is_success:
        return None
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status_code} is no problem and not described"
    problem = answer.json()
    kind = problem["type"].rpartition("/")[2]
    if answer.status_code >= 500 and kind not in UNAVAILABLE:
        return f"{answer.status_code} {kind}"
    return (
        None if problem["title"] and problem["detail"] and problem["status"] == answer.status_code else "says nothing"
    )
