# SPDX-License-Identifier: EUPL-1.2
"""Looking back: logged first, opened in the browser, exactly what was filmed and nothing beyond the grant."""

from __future__ import annotations

import base64
import hashlib
import logging
import os

import pytest

from contract.events import Event
from contract.live import Grant
from contract.mandate import HOUR_US
from contract.record import load
from contract.tlog import commitment
from hub.store.views import Views
from tests.integration.footage.archive import Archive, Viewer, opened, parts
from tests.integration.town import CAMERA, MINUTE_US, PASSWORD, Town, disk_full, nothing_changes, problem
from tests.unit.edge.pictures import packets

HALF_HOUR_US = 30 * MINUTE_US
OUTSIDE = (403, "not-granted", "footage.grant")
ERASED = (410, "footage-erased", "footage.erased")
ALTERED = (500, "footage-altered", "footage.altered")


def events(town: Town, event: Event) -> list[dict[str, str]]:
    log = town.log
    return [dict(leaf.ids) for leaf in log.entries(0, log.checkpoint()[1].size) if leaf.event == event.value]


async def test_what_was_filmed_comes_back_packet_by_packet(archive: Archive, viewer: Viewer) -> None:
    from_us, to_us = archive.rows[0].from_us, archive.rows[-1].to_us
    grant = await viewer.granted(from_us, to_us)

    found: list[bytes] = []
    for row in archive.rows:
        data = await viewer.opened(row.chain, grant, from_us, to_us)
        assert len(data.plaintexts) == row.records
        found += packets(data.plaintexts)

    assert found == [picture.data for picture in archive.taken]


async def test_the_grant_is_in_the_log_before_and_what_was_seen_after(archive: Archive, viewer: Viewer) -> None:
    row = archive.rows[0]
    answer = await viewer.look_back(row.from_us, row.to_us)
    ((view),) = answer.json()
    kept = await Views(archive.town.database).get(view["log_index"])
    assert kept is not None
    grant = load(Grant, kept.body)
    leaf = archive.town.log.entry(view["log_index"])
    assert (leaf.event, leaf.digest) == (Event.VIEW_GRANTED.value, commitment(kept.body, kept.salt))
    assert (grant.purpose, grant.actor, grant.cameras) == ("replay", "viewer", (CAMERA,))
    assert (grant.footage_from_us, grant.footage_to_us) == (row.from_us, row.to_us)
    assert view == {
        "camera": CAMERA,
        "until_us": archive.town.now_us + HALF_HOUR_US,
        "log_index": view["log_index"],
    }
    assert events(archive.town, Event.VIEW_WATCHED) == []

    await viewer.opened(row.chain, view["log_index"], row.from_us, row.to_us)

    seen = {"grant": str(view["log_index"]), "from": str(row.from_us), "to": str(row.to_us)}
    assert events(archive.town, Event.VIEW_WATCHED) == [seen]


async def test_what_was_seen_is_logged_once_a_minute_of_footage(archive: Archive, viewer: Viewer) -> None:
    from_us, to_us = archive.rows[0].from_us, archive.rows[-1].to_us
    grant = await viewer.granted(from_us, to_us)
    for row in (*archive.rows, archive.rows[0]):
        await viewer.opened(row.chain, grant, row.from_us, row.to_us)
    again = await viewer.granted(from_us, to_us)
    await viewer.opened(archive.rows[1].chain, again, from_us, to_us)

    seen = events(archive.town, Event.VIEW_WATCHED)
    assert [ids["grant"] for ids in seen] == [str(grant), str(again)]  # all of it lies in one minute
    assert {(ids["from"], ids["to"]) for ids in seen} == {(str(from_us), str(to_us))}


async def test_records_are_as_stored_and_keys_for_those_alone(archive: Archive, viewer: Viewer) -> None:
    row = archive.rows[1]
    stored = archive.object(row).read_bytes()
    from_us, to_us = row.from_us + 1_000_000, row.from_us + 3_000_000
    grant = await viewer.granted(row.from_us, row.to_us)

    answer = await viewer.records(row.chain, grant, from_us, to_us)
    keys = await viewer.keys(row.chain, grant, from_us, to_us)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == keys.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content) < len(stored) / 2
    within = [index for index, (said, _) in enumerate(parts(stored)) if index == 0 or from_us <= said.wall_us < to_us]
    assert parts(answer.content) == [parts(stored)[index] for index in within]
    assert len(within) == 6  # the init and two seconds
    assert stored.startswith(answer.content[: answer.content.index(b'{"cipher_sha256"') - 4])
    assert [item["index"] for item in keys.json()["keys"]] == within
    assert opened(answer.content, keys.json()).fields[1].wall_us >= from_us


async def test_outside_the_grant_there_is_no_record_and_no_key(archive: Archive, viewer: Viewer) -> None:
    row = archive.rows[1]
    from_us, to_us = row.from_us, row.from_us + 2_000_000
    grant = await viewer.granted(from_us, to_us)
    watching = await viewer.granted(from_us, to_us)
    async with archive.town.database.transaction() as db:  # the database is not believed: its word opens nothing
        await db.run("update grants set salt = :salt where log_index = :i", salt=os.urandom(16), i=watching)

    for ask in (viewer.records, viewer.keys):
        for asked in ((from_us - 1, to_us), (from_us, to_us + 1), (to_us, from_us), (to_us, row.to_us)):
            assert problem(await ask(row.chain, grant, *asked)) == OUTSIDE
        assert problem(await ask(row.chain, 999_999, from_us, to_us)) == OUTSIDE
        assert problem(await ask("0" * 64, grant, from_us, to_us)) == OUTSIDE
        # Inside the range, but of a segment that has nothing there.
        assert problem(await ask(archive.rows[2].chain, grant, from_us, to_us))[:2] == (404, "footage-absent")
    assert problem(await viewer.keys(row.chain, watching, from_us, to_us)) == OUTSIDE
    assert events(archive.town, Event.VIEW_WATCHED) == []


async def test_a_grant_is_its_sessions_alone_and_ends_with_it(archive: Archive, viewer: Viewer) -> None:
    row, town = archive.rows[0], archive.town
    grant = await viewer.granted(row.from_us, row.to_us)
    again = town.browser()
    await again.post("/v1/session", json={"name": "viewer", "password": PASSWORD})
    operator, approver = Viewer(await town.client("operator")), Viewer(await town.client("approver"))
    for other in (Viewer(again), operator):
        assert problem(await other.records(row.chain, grant, row.from_us, row.to_us)) == OUTSIDE
        assert problem(await other.keys(row.chain, grant, row.from_us, row.to_us)) == OUTSIDE
    with nothing_changes(town):
        assert problem(await approver.look_back(row.from_us, row.to_us)) == (403, "not-allowed", "R11")
        async with town.browser() as nobody:
            assert (await Viewer(nobody).look_back(row.from_us, row.to_us)).status_code == 401
            assert (await Viewer(nobody).keys(row.chain, grant, row.from_us, row.to_us)).status_code == 401

    own = await Viewer(again).granted(row.from_us, row.to_us)
    await Views(town.database).end(own, town.now_us)
    assert problem(await Viewer(again).keys(row.chain, own, row.from_us, row.to_us)) == OUTSIDE
    town.now_us += HALF_HOUR_US
    for ask in (viewer.records, viewer.keys):
        assert problem(await ask(row.chain, grant, row.from_us, row.to_us)) == OUTSIDE
    await again.aclose()


async def test_a_grant_to_watch_or_for_another_camera_opens_nothing(archive: Archive, viewer: Viewer) -> None:
    town, row = archive.town, archive.rows[0]
    await Views(town.database).register_media("a" * 32, town.now_us, 0, [])
    watch = await viewer.client.post("/v1/views", json={"cameras": [CAMERA], "purpose": "watch"})
    assert problem(await viewer.keys(row.chain, watch.json()[0]["log_index"], row.from_us, row.to_us)) == OUTSIDE

    grant = await viewer.granted(row.from_us, row.to_us)
    async with town.database.transaction() as db:
        await db.run("update rows set camera = 'camera-9' where chain = :chain", chain=row.chain)
    assert problem(await viewer.keys(row.chain, grant, row.from_us, row.to_us)) == OUTSIDE
    # Whoever rules the database cannot have the keeper open another camera's segment either.
    async with town.database.transaction() as db:
        await db.run(
            "update grants set body = convert_to(replace(convert_from(body, 'UTF8'), :own, 'camera-9'), 'UTF8')",
            own=CAMERA,
        )
    archive.object(row).parent.rename(archive.object(row).parent.with_name("camera-9"))
    assert problem(await viewer.keys(row.chain, grant, row.from_us, row.to_us)) == OUTSIDE


@pytest.mark.parametrize("where", ["header", "fields", "ciphertext", "tail"])
async def test_a_stored_byte_that_changed_is_found_without_a_key(archive: Archive, viewer: Viewer, where: str) -> None:
    row = archive.rows[0]
    path = archive.object(row)
    data = bytearray(path.read_bytes())
    at = {
        "header": data.index(b'"checkpoint"') + 14,
        "fields": data.index(b'"monotonic_us":') + 16,
        "ciphertext": len(data) // 2,
        "tail": len(data) - 1,
    }[where]
    data[at] ^= 1
    path.write_bytes(data)
    grant = await viewer.granted(row.from_us, row.to_us)

    assert problem(await viewer.records(row.chain, grant, row.from_us, row.to_us)) == ALTERED
    assert problem(await viewer.keys(row.chain, grant, row.from_us, row.to_us)) == ALTERED
    path.write_bytes(archive.files[archive.rows[1].chain])
    assert problem(await viewer.keys(row.chain, grant, row.from_us, row.to_us)) == ALTERED
    path.write_bytes(archive.files[row.chain])
    assert (await viewer.opened(row.chain, grant, row.from_us, row.to_us)).plaintexts


async def test_after_its_hour_keys_death_nothing_opens_that_opened_a_minute_before(
    archive: Archive, viewer: Viewer
) -> None:
    town, row = archive.town, archive.rows[0]
    (key,) = [key for key in archive.order.keyset.keys if key.key == row.hour_key]
    town.now_us = key.due_us - MINUTE_US
    await viewer.client.post("/v1/session", json={"name": "viewer", "password": PASSWORD})
    grant = await viewer.granted(row.from_us, row.to_us)
    sealed = (await viewer.records(row.chain, grant, row.from_us, row.to_us)).content
    await viewer.opened(row.chain, grant, row.from_us, row.to_us)

    town.now_us = key.due_us
    for asked in ("records", "keys"):
        assert problem(await getattr(viewer, asked)(row.chain, grant, row.from_us, row.to_us)) == ERASED
    await town.keeper.destroy(key.key)
    town.now_us = key.due_us - MINUTE_US  # a clock set back brings nothing to life
    assert problem(await viewer.keys(row.chain, grant, row.from_us, row.to_us)) == ERASED
    assert sealed == (await viewer.records(row.chain, grant, row.from_us, row.to_us)).content  # it is ciphertext only

    town.now_us = key.due_us
    with nothing_changes(town):
        assert problem(await viewer.look_back(row.from_us, row.to_us)) == ERASED
    assert key.due_us - row.from_us // HOUR_US * HOUR_US == archive.order.decision.retention_h * HOUR_US


async def test_what_cannot_be_looked_back_at(archive: Archive, viewer: Viewer) -> None:
    first, last = archive.rows[0], archive.rows[-1]
    now_us, window = archive.town.now_us, archive.window
    bad = ((first.to_us, first.from_us), (first.from_us, first.from_us), (now_us - HALF_HOUR_US - 1, now_us))
    with nothing_changes(archive.town):
        for asked in (*bad, (first.from_us, now_us + 1)):
            assert problem(await viewer.look_back(*asked))[:2] == (400, "invalid-request")
        assert problem(await viewer.look_back(window.from_us - 1, last.to_us)) == (409, "window-closed", "R04")
        assert problem(await viewer.look_back(last.to_us, last.to_us + 1000))[:2] == (404, "footage-absent")
        answer = await viewer.look_back(first.from_us, last.to_us, CAMERA, "camera-9")
        assert (problem(answer)[:2], answer.json()["parameters"]) == ((404, "footage-absent"), {"camera": "camera-9"})
        for extra in ({"from_us": 1}, {"grant": 1, "from_us": 1, "to_us": 2}, {"grant": 1}, {}):
            mixed = {"cameras": [CAMERA], "purpose": "replay"} | extra
            assert problem(await viewer.client.post("/v1/views", json=mixed))[:2] == (400, "invalid-request")
        watch = {"cameras": [CAMERA], "purpose": "watch", "from_us": 1, "to_us": 2}
        assert problem(await viewer.client.post("/v1/views", json=watch))[:2] == (400, "invalid-request")


async def test_while_the_log_cannot_be_written_nothing_opens(
    archive: Archive, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = archive.rows[0]
    grant = await viewer.granted(row.from_us, row.to_us)
    disk_full(monkeypatch, True)
    for answer in (
        await viewer.look_back(row.from_us, row.to_us),
        await viewer.keys(row.chain, grant, row.from_us, row.to_us),
        await viewer.keys(row.chain, grant, row.from_us, row.to_us),
    ):
        assert problem(answer)[:2] == (503, "log-unavailable")
        assert "key" not in answer.json()
    disk_full(monkeypatch, False)


async def test_no_key_is_written_down(archive: Archive, viewer: Viewer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    row = archive.rows[0]
    grant = await viewer.granted(row.from_us, row.to_us)
    keys = (await viewer.keys(row.chain, grant, row.from_us, row.to_us)).json()["keys"]
    assert len(keys) == row.records
    files = [path.read_bytes() for path in archive.town.layout.state.rglob("*") if path.is_file()]
    for item in keys:
        key = base64.b64decode(item["key"])
        assert item["key"] not in caplog.text
        assert key.hex() not in caplog.text
        assert not any(key in data or item["key"].encode() in data for data in files)
    assert any(hashlib.sha256(data).digest() for data in files)  # there were files to look into
