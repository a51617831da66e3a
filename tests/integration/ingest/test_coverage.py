# SPDX-License-Identifier: EUPL-1.2
"""Every moment of a window is footage, a signed gap, or named as missing; what proves nothing is not believed."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import event

from contract.envelope import enclose, read
from contract.index import CLOSING
from contract.record import dump
from edge.unit.identity import Identity, make_film_key
from hub.ingest.coverage import LATE_US, CameraCoverage, Coverages
from hub.store.database import Database
from hub.store.records import SignedRecords
from hub.store.rows import Rows
from tests.integration.filming import START_ID, Filmed, Filming, Stated, filming
from tests.integration.ingest.test_rows import rows
from tests.integration.town import MINUTE_US, UNIT, Town, problem

DAY_US = 24 * 60 * MINUTE_US


async def take(town: Town, said: Iterable[Filmed | Stated]) -> None:
    for row in said:
        await rows(town).take(UNIT, row.signed_row)


async def asked(town: Town, role: str = "viewer", **query: str) -> httpx.Response:
    operator = await town.client("operator")
    (deployment,) = (await operator.get("/v1/deployments")).json()
    return await (await town.client(role)).get(f"/v1/deployments/{deployment['id']}/coverage", params=query)


async def shown(town: Town) -> dict[str, Any]:
    """The one camera's, as a person sees it."""
    answer = await asked(town)
    assert answer.status_code == 200, answer.text
    (camera,) = answer.json()
    return dict(camera)


async def verified(town: Town, camera: Filming) -> CameraCoverage:
    """The one camera's, as an examination of the hub finds it."""
    coverages = Coverages(Rows(town.database), SignedRecords(town.database), lambda: town.now_us)
    (found,) = await coverages.of_deployment(camera.order.decision.deployment, verified=True)
    return found


async def whole_window(town: Town) -> tuple[Filming, list[Filmed | Stated]]:
    """A window as a unit should leave it: a segment, a gap, a segment, a gap to its end, the end; it is over."""
    camera = await filming(town)
    window = camera.order.decision.windows[0]
    camera.at_us = window.from_us
    said: list[Filmed | Stated] = [camera.film(), camera.film(), camera.gap(camera.at_us + MINUTE_US)]
    said += [camera.film(), camera.gap(window.to_us, reason="no-process"), camera.close()]
    town.now_us = window.to_us + LATE_US
    return camera, said


async def test_a_window_of_which_nothing_is_left_out(town: Town) -> None:
    camera, said = await whole_window(town)
    await take(town, said)
    window, gap = camera.order.decision.windows[0], said[2].row

    found = await shown(town)

    (one,) = found["windows"]
    assert (found["camera"], found["whole"], found["unlinked"], found["unsound"]) == ("camera-1", True, [], 0)
    assert (one["from_us"], one["to_us"]) == (window.from_us, window.to_us)
    assert one["recorded"] == [
        {"from_us": window.from_us, "to_us": gap.from_us},
        {"from_us": said[3].row.from_us, "to_us": said[3].row.to_us},
    ]
    assert [(gap["from_us"], gap["to_us"], gap["reason"]) for gap in one["gaps"]] == [
        (gap.from_us, gap.to_us, "no-picture"),
        (said[3].row.to_us, window.to_us, "no-process"),
    ]
    assert (one["missing"], one["ended"], one["closed"], one["over"], one["whole"]) == ([], "window", True, True, True)
    assert (await verified(town, camera)).whole


@pytest.mark.parametrize("left_out", [0, 1, 2, 3, 4])
async def test_a_row_that_is_left_out_shows_with_its_times(town: Town, left_out: int) -> None:
    camera, said = await whole_window(town)
    await take(town, (row for place, row in enumerate(said) if place != left_out))

    found = await shown(town)

    gone = said[left_out].row
    (one,) = found["windows"]
    assert one["missing"] == [{"from_us": gone.from_us, "to_us": gone.to_us}]
    assert found["unlinked"] == [said[left_out + 1].row.from_us]
    assert not one["whole"] and not found["whole"] and not (await verified(town, camera)).whole


async def test_a_window_without_its_end_is_not_whole_once_it_is_over(town: Town) -> None:
    camera, said = await whole_window(town)
    await take(town, said[:-1])

    town.now_us = camera.order.decision.windows[0].to_us - 1
    (one,) = (await shown(town))["windows"]
    assert (one["closed"], one["over"], one["whole"], one["missing"]) == (False, False, True, [])
    town.now_us += LATE_US + 1
    (one,) = (await shown(town))["windows"]
    assert (one["closed"], one["over"], one["whole"], one["missing"]) == (False, True, False, [])


async def test_of_an_open_window_the_last_minute_may_be_on_its_way(town: Town) -> None:
    camera = await filming(town)
    camera.at_us = camera.order.decision.windows[0].from_us
    first = camera.film()
    await take(town, [first])
    town.now_us = first.row.to_us + LATE_US

    assert (await shown(town))["windows"][0]["missing"] == []
    town.now_us += MINUTE_US
    missing = [{"from_us": first.row.to_us, "to_us": town.now_us - LATE_US}]
    assert (await shown(town))["windows"][0]["missing"] == missing


async def test_a_camera_of_which_nothing_was_heard_is_missing(town: Town) -> None:
    camera = await filming(town)
    window = camera.order.decision.windows[0]
    town.now_us = window.from_us - 1
    assert (await shown(town))["windows"] == []

    town.now_us = window.to_us + LATE_US
    found = await shown(town)
    assert found["windows"][0]["missing"] == [{"from_us": window.from_us, "to_us": window.to_us}]
    assert not found["whole"]


async def test_an_order_that_was_stopped_is_looked_at_to_its_end(town: Town) -> None:
    camera = await filming(town)
    window = camera.order.decision.windows[0]
    camera.at_us = window.from_us
    said: list[Filmed | Stated] = [camera.film(), camera.gap(window.from_us + MINUTE_US)]
    await take(town, said)
    town.now_us = window.from_us + MINUTE_US
    operator = await town.client("operator")
    path = f"/v1/deployments/{camera.order.decision.deployment}/stop"
    assert (await operator.post(path, json={"reason": "it is over"})).status_code == 200
    town.now_us += 10 * MINUTE_US

    (one,) = (await shown(town))["windows"]
    assert (one["to_us"], one["missing"], one["closed"], one["whole"]) == (
        window.from_us + MINUTE_US,
        [],
        False,
        False,
    )
    await take(town, [camera.close(ended="stopped")])
    (one,) = (await shown(town))["windows"]
    assert (one["ended"], one["whole"]) == ("stopped", True)


async def test_a_decision_that_was_replaced_before_its_window_is_not_missed(town: Town) -> None:
    """Nobody ever filmed under it; the newer one's window is another entry with rows of its own."""
    camera = await filming(town)
    town.now_us = camera.order.decision.windows[0].from_us - 1
    async with town.database.transaction() as db:  # as a second decision by the same two would be logged
        await db.run(
            "insert into records select repeat('a', 64), type, deployment, subject, serial + 1, envelope,"
            " log_index + 1, :now from records where type = 'decision'",
            now=town.now_us,
        )
    town.now_us = camera.order.decision.windows[0].to_us + LATE_US

    assert [window.decision for window in (await verified(town, camera)).windows] == ["a" * 64]


SPOILS: dict[str, str] = {
    "a row of another kind": "update rows set kind = 'gap' where kind = 'index-row' and segment = 0",
    "another's signature": "update rows set row = replace(encode(row, 'escape'), '\"sig\":\"', '\"sig\":\"AAAA')::bytea"
    " where segment = 0",
    "another's key": "update rows set identity = decode(repeat('00', 91), 'hex') where segment = 0",
    "no key": "update rows set identity = null where segment = 0",
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
async def test_an_examination_believes_no_row_that_was_spoilt(town: Town, spoil: str) -> None:
    camera, said = await whole_window(town)
    await take(town, said)
    async with town.database.transaction() as db:
        assert await db.run(spoil) == 1

    found = await verified(town, camera)

    assert (found.unsound, found.whole) == (1, False)
    assert [(hole.from_us, hole.to_us) for hole in found.windows[0].missing] == [
        (said[0].row.from_us, said[0].row.to_us)
    ]


async def test_who_rules_the_database_states_no_end(town: Town) -> None:
    """A closing by a key of his own, that he puts beside it: no assignment names it."""
    camera, said = await whole_window(town)
    await take(town, said[:-1])
    forger = make_identity(town)
    key = make_film_key(forger, camera.order.decision_digest, START_ID, town.now_us, os.urandom)
    end = said[-1].row
    forged = dump(enclose(CLOSING, replace(end, film_certificate=key.certificate), key.key))
    last = await Rows(town.database).get(said[-2].chain)
    assert last is not None
    await Rows(town.database).add(
        replace(
            last,
            chain=read(forged).digest,
            kind=CLOSING,
            previous=last.chain,
            row=forged,
            identity=forger.public,
            from_us=end.from_us,
            to_us=end.to_us,
        )
    )

    assert (await shown(town))["windows"][0]["closed"]
    found = await verified(town, camera)
    assert (found.windows[0].closed, found.unsound, found.whole) == (False, 1, False)


def make_identity(town: Town) -> Identity:
    """Somebody who calls himself the unit."""
    return replace(town.identity, key=ec.generate_private_key(ec.SECP256R1()))


async def test_who_may_see_footage_sees_what_there_is_of_it(town: Town) -> None:
    await filming(town)
    assert (await asked(town, "operator")).status_code == 200
    assert (await asked(town, camera="camera-9")).json() == []
    assert problem(await asked(town, camera="../camera"))[:2] == (400, "invalid-request")
    assert problem(await asked(town, "approver"))[:2] == (403, "not-allowed")
    viewer = await town.client("viewer")
    nowhere = "/v1/deployments/01957a00-0000-7000-8000-000000000000/coverage"
    assert problem(await viewer.get(nowhere))[:2] == (404, "not-found")
    async with town.browser() as stranger:
        assert problem(await stranger.get(nowhere))[:2] == (401, "not-signed-in")


async def test_a_day_at_most_is_looked_at_and_only_what_is_asked_for(town: Town) -> None:
    camera, said = await whole_window(town)
    await take(town, said)
    window, gap = camera.order.decision.windows[0], said[2].row

    (found,) = (await asked(town, from_us=str(gap.from_us), to_us=str(gap.to_us))).json()
    (one,) = found["windows"]
    assert [(g["from_us"], g["to_us"]) for g in one["gaps"]] == [(gap.from_us, gap.to_us)]
    assert (one["from_us"], one["missing"]) == (gap.from_us, [])
    later = (await asked(town, from_us=str(window.to_us + MINUTE_US), to_us=str(window.to_us + DAY_US))).json()
    assert later[0]["windows"] == []

    for from_us, to_us in ((0, DAY_US + 1), (5, 5), (6, 5)):
        assert problem(await asked(town, from_us=str(from_us), to_us=str(to_us)))[:2] == (400, "invalid-request")
    assert problem(await asked(town, from_us="0"))[:2] == (400, "invalid-request")


async def test_only_the_rows_of_the_time_asked_for_are_read(town: Town) -> None:
    camera, said = await whole_window(town)
    await take(town, said)
    gap, deployment = said[2].row, camera.order.decision.deployment

    kept = await Rows(town.database).of_camera(deployment, "camera-1", gap.from_us + 1, gap.to_us - 1)

    assert [row.chain for row in kept if row.kind != CLOSING] == [said[2].chain]


@contextlib.contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """What the database is asked inside."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def test_it_asks_the_database_as_often_however_much_was_recorded(town: Town) -> None:
    camera, said = await whole_window(town)
    coverages = Coverages(Rows(town.database), SignedRecords(town.database), lambda: town.now_us)
    asked: list[int] = []
    for some in (said[:1], said):
        await take(town, some)
        with counted(town.database) as statements:
            await coverages.of_deployment(camera.order.decision.deployment)
        asked.append(len(statements))

    assert asked[0] == asked[1] <= 3
