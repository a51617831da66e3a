# SPDX-License-Identifier: EUPL-1.2
"""What a person sees before any picture: recorded, still at the unit, a gap and why, erased; and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.envelope import enclose
from contract.index import DELETION, Deletion
from contract.record import dump
from edge.unit.identity import make_film_key
from hub.footage import timeline
from hub.store.retention import Erasures
from tests.integration.filming import START_ID
from tests.integration.footage.archive import GAP_US, Archive, Viewer, recorded
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.town import CAMERA, UNIT, Town, nothing_changes, problem
from tests.unit.edge.unit import steady_random

DAY_US = 24 * 3_600_000_000


async def seen(archive: Archive, viewer: Viewer, **changes: Any) -> dict[str, Any]:
    """The timeline of the window."""
    asked: dict[str, Any] = {
        "deployment": archive.deployment,
        "from_us": archive.window.from_us,
        "to_us": archive.window.to_us,
    }
    answer = await viewer.client.get("/v1/footage", params=asked | changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def spans(told: dict[str, Any]) -> list[tuple[str, int, int]]:
    (camera,) = told["cameras"]
    return [(span["kind"], span["from_us"], span["to_us"]) for span in camera["spans"]]


async def test_each_segment_and_gap_has_its_span(archive: Archive, viewer: Viewer) -> None:
    window, rows = archive.window, archive.rows
    with nothing_changes(archive.town):
        told = await seen(archive, viewer)

    (camera,) = told["cameras"]
    gap, *recorded_spans = camera["spans"]
    due_us = next(key.due_us for key in archive.order.keyset.keys if key.key == rows[0].hour_key)
    assert (camera["camera"], camera["post"], camera["unit"]) == (CAMERA, "post-1", UNIT)
    assert (told["now_us"], told["truncated"]) == (archive.town.now_us, False)
    assert gap == {
        "kind": "gap",
        "from_us": window.from_us,
        "to_us": window.from_us + GAP_US,
        "reason": "no-order",
    }
    assert recorded_spans == [
        {
            "kind": "recorded",
            "from_us": row.from_us,
            "to_us": row.to_us,
            "segment": row.chain,
            "run": row.run,
            "due_us": due_us,
            "starts_on_keyframe": True,
        }
        for row in rows
    ]


async def test_what_has_not_come_is_fetching_and_what_no_row_tells_is_not_there(
    town: Town, site: UnitsSite, viewer: Viewer, tmp_path: Path
) -> None:
    archive = await recorded(town, site, tmp_path)
    assert spans(await seen(archive, viewer)) == []
    await archive.tell_rows()
    await archive.store(archive.rows[1])
    kinds = [kind for kind, _, _ in spans(await seen(archive, viewer))]
    assert kinds == ["gap", "fetching", "recorded", "fetching"]


async def test_a_stretch_has_what_overlaps_it(archive: Archive, viewer: Viewer) -> None:
    first, second = archive.rows[:2]
    told = await seen(archive, viewer, from_us=first.to_us - 1, to_us=first.to_us)
    assert spans(told) == [("recorded", first.from_us, first.to_us)]
    told = await seen(archive, viewer, from_us=first.to_us, to_us=first.to_us + 1)
    assert spans(told) == [("recorded", second.from_us, second.to_us)]


async def test_what_is_due_swept_or_deleted_by_its_unit_is_erased(
    town: Town, site: UnitsSite, viewer: Viewer, tmp_path: Path
) -> None:
    archive = await recorded(town, site, tmp_path)
    first, second, third = archive.rows
    film = make_film_key(town.identity, archive.order.decision_digest, START_ID, town.now_us, steady_random("gone"))
    body = Deletion(
        **{name: getattr(first, name) for name in ("deployment", "unit", "camera", "layer", "decision", "assignment")},
        start_id=START_ID,
        film_certificate=film.certificate,
        previous=third.chain,
        segment=first.chain,
        reason="room",
        from_us=first.from_us,
        to_us=first.to_us,
    )
    archive.statements.append(dump(enclose(DELETION, body, film.key)))
    await archive.tell_rows()
    await archive.store(second, third)
    await Erasures(town.database).erased(second.chain, town.now_us)

    (camera,) = (await seen(archive, viewer))["cameras"]
    _, lost, swept, kept = camera["spans"]
    assert (lost["kind"], lost["reason"], "segment" in lost) == ("erased", "room", False)
    assert (swept["kind"], "reason" in swept) == ("erased", False)
    assert kept["kind"] == "recorded"

    town.now_us = kept["due_us"] - 1
    await viewer.client.post("/v1/session", json={"name": "viewer", "password": "correct horse battery"})
    assert spans(await seen(archive, viewer))[-1][0] == "recorded"
    town.now_us = kept["due_us"]
    assert [kind for kind, _, _ in spans(await seen(archive, viewer))] == ["gap", "erased", "erased", "erased"]


async def test_too_much_is_cut_and_says_so(archive: Archive, viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "SPAN_LIMIT", 3)
    told = await seen(archive, viewer)
    assert (told["truncated"], len(spans(told))) == (True, 3)
    rest = await seen(archive, viewer, from_us=spans(told)[-1][1])
    assert (rest["truncated"], spans(rest)[-1][2]) == (False, archive.rows[-1].to_us)


async def test_who_asks_what_may_be_asked(archive: Archive, viewer: Viewer) -> None:
    from_us, town = archive.window.from_us, archive.town
    good: dict[str, Any] = {"deployment": archive.deployment, "from_us": from_us, "to_us": from_us + 1}
    for changes in ({"to_us": from_us + DAY_US + 1}, {"to_us": from_us}, {"from_us": -1}, {"deployment": "x"}):
        answer = await viewer.client.get("/v1/footage", params=good | changes)
        assert problem(answer)[:2] == (400, "invalid-request")
    unknown = good | {"deployment": "01900000-0000-7000-8000-000000000000"}
    assert problem(await viewer.client.get("/v1/footage", params=unknown))[:2] == (404, "not-found")
    assert problem(await (await town.client("approver")).get("/v1/footage", params=good))[:2] == (403, "not-allowed")
    assert (await (await town.client("operator")).get("/v1/footage", params=good)).status_code == 200
    async with town.browser() as nobody:
        assert problem(await nobody.get("/v1/footage", params=good))[:2] == (401, "not-signed-in")
