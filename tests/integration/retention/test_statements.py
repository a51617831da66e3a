# SPDX-License-Identifier: EUPL-1.2
"""Anybody may read what was erased, and check it in the log."""

import httpx
import pytest

from contract import tlog
from contract.mandate import HOUR_US
from hub.audit import log as audit_log
from hub.retention import statements
from hub.store.retention import HourKeys
from tests.integration.retention.conftest import Footage
from tests.integration.town import problem


async def told(footage: Footage) -> list[dict[str, object]]:
    """What the public is told, without signing in."""
    deployment = footage.camera.order.decision.deployment
    async with footage.town.browser() as anybody:
        answer = await anybody.get("/v1/erasures", params={"deployment": deployment})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_before_and_after_the_death_of_an_hour(footage: Footage) -> None:
    town = footage.town
    await footage.store(footage.camera.film())
    first, *others = await told(footage)
    born = town.log.entry(int(str(first["born_log_index"])))
    assert (born.event, born.ids["key"]) == ("key.born", footage.key.key)
    assert first == {
        "key": footage.key.key,
        "layer": "main",
        "hour_us": footage.key.from_us,
        "due_us": footage.key.due_us,
        "born_at_us": born.at_us,
        "born_log_index": first["born_log_index"],
        "destroyed_at_us": None,
        "destroyed_log_index": None,
        "overdue_since_us": None,
        "grade": None,
        "says": None,
        "segments_here": 1,
        "segments_deleted_early": 0,
    }
    assert [other["hour_us"] for other in others] == [
        footage.key.from_us + hour * HOUR_US for hour in range(1, len(others) + 1)
    ]

    town.now_us = footage.key.due_us
    (overdue, *_) = await told(footage)
    assert (overdue["overdue_since_us"], overdue["destroyed_at_us"]) == (footage.key.due_us, None)
    await footage.sweeper().sweep()

    assert (await told(footage))[0] == overdue, "what was told stands for ten seconds"
    town.now_us += statements.STANDS_US
    (gone, *_) = await told(footage)
    assert gone["destroyed_at_us"] == footage.key.due_us and gone["overdue_since_us"] is None
    assert (gone["grade"], gone["says"]) == ("file", "file: remnants possible")
    assert (gone["segments_here"], gone["segments_deleted_early"]) == (0, 0)
    index = int(str(gone["destroyed_log_index"]))
    _, checkpoint = town.log.checkpoint()
    leaf = town.log.entry(index)
    proof = town.log.inclusion(index, checkpoint.size)
    tlog.verify_inclusion(tlog.leaf_hash(leaf.encode()), index, checkpoint.size, checkpoint.root, proof)
    assert (leaf.event, leaf.ids["due"], leaf.ids["grade"]) == ("key.destroyed", str(footage.key.due_us), "file")


async def test_a_deployment_that_the_log_does_not_know_has_none(footage: Footage) -> None:
    async with footage.town.browser() as anybody:
        unknown = await anybody.get("/v1/erasures", params={"deployment": "0197aaaa-0000-7000-8000-000000000000"})
        wrong: list[httpx.Response] = [
            await anybody.get("/v1/erasures"),
            await anybody.get("/v1/erasures", params={"deployment": "%00"}),
        ]
    assert (unknown.status_code, unknown.json()) == (200, [])
    assert [problem(answer)[:2] for answer in wrong] == [(400, "invalid-request")] * 2


async def test_what_anybody_asks_is_answered_from_memory_for_so_many_deployments(
    footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "KEPT_DEPLOYMENTS", 2)
    told_of = footage.statements()
    own = footage.camera.order.decision.deployment
    first = await told_of.recent(own)
    assert first and await told_of.recent(own) is first
    for number in range(3):
        assert await told_of.recent(f"0197aaaa-0000-7000-8000-00000000000{number}") == []
    assert len(told_of._kept) == 2
    assert await told_of.recent(own) is not first


async def test_it_reads_the_log_once_and_in_pieces(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.retention.statements.AT_ONCE", 3)
    keys = HourKeys(footage.town.database)
    await footage.statements().refresh()
    size = footage.town.log.checkpoint()[1].size
    assert await keys.read_to() == size
    monkeypatch.setattr(audit_log.Log, "entries", lambda *_: pytest.fail("read again"))
    await footage.statements().refresh()


async def test_a_log_that_is_shorter_than_what_was_read_is_read_anew(
    footage: Footage, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a database was put back beside another log."""
    keys = HourKeys(footage.town.database)
    await keys.take_in([], [], 10_000)
    assert len(await told(footage)) > 0
    assert "it is read from its beginning" in caplog.text
    assert await keys.read_to() == footage.town.log.checkpoint()[1].size
