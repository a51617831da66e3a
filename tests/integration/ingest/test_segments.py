# SPDX-License-Identifier: EUPL-1.2
"""Segments by PUT: stored whole, once, only what their row says, from their own unit; nothing is left of the rest."""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.segment import MAGIC
from hub.ingest import segments
from hub.ingest.segments import object_key
from hub.store.segments import Segments
from tests.integration.filming import Filmed, filming
from tests.integration.ingest.conftest import OTHER, UnitsSite, certificate, enrol_other
from tests.integration.ingest.test_rows import rows
from tests.integration.town import UNIT, Town, problem


async def filmed_row(town: Town, **spoilt: Any) -> Filmed:
    """A segment whose row is here."""
    filmed = (await filming(town)).film(**spoilt)
    await rows(town).take(UNIT, filmed.signed_row)
    return filmed


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_segment_is_stored_as_it_came(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    answer = await site.put(filmed.chain, filmed.data)

    assert (answer.status_code, answer.json()) == (202, {"status": "stored, not anchored"})
    assert await site.objects.get(object_key(filmed.row), 0, len(filmed.data)) == filmed.data
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us == town.now_us
    assert files(town.layout.state / "incoming") == []


async def test_the_same_segment_again_is_passed_over(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    town.now_us += 1

    assert (await site.put(filmed.chain, b"anything")).status_code == 202
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us == town.now_us - 1
    assert await site.objects.length(object_key(filmed.row)) == len(filmed.data)


async def test_two_that_send_the_same_at_once_store_one(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    answers = await asyncio.gather(*(site.put(filmed.chain, filmed.data) for _ in range(segments.OF_A_UNIT)))

    assert {answer.status_code for answer in answers} == {202}
    assert len(files(site.folder)) == 1


async def test_before_its_row_a_segment_waits_at_its_unit(town: Town, site: UnitsSite) -> None:
    filmed = (await filming(town)).film()

    assert problem(await site.put(filmed.chain, filmed.data))[:2] == (409, "row-unknown")
    assert files(site.folder) == []


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


async def test_one_bit_is_found_wherever_it_is(town: Town, site: UnitsSite, subtests: pytest.Subtests) -> None:
    filmed = await filmed_row(town)
    places = {"magic": 3, "header": len(MAGIC) + 100, "middle": len(filmed.data) // 2, "end": len(filmed.data) - 1}
    for where, at in places.items():
        with subtests.test(where):
            answer = await site.put(filmed.chain, flipped(filmed.data, at))

            assert problem(answer) == (422, "segment-refused", "segment.altered")
            assert files(site.folder) == files(town.layout.state / "incoming") == []
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202


async def test_what_is_no_segment(town: Town, site: UnitsSite, subtests: pytest.Subtests) -> None:
    filmed = await filmed_row(town)
    for data in (b"", b"x", MAGIC):
        with subtests.test(data=data):
            assert problem(await site.put(filmed.chain, data)) == (422, "segment-refused", "segment.altered")


async def test_a_cut_or_a_longer_segment_is_not_what_its_row_says(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    for data in (filmed.data[:-10], filmed.data + b"\0", filmed.data * 3):
        assert problem(await site.put(filmed.chain, data))[:2] == (422, "segment-refused")


DISAGREE: list[tuple[dict[str, Any], str]] = [
    ({"header": {"camera": "camera-2"}, "row": {"camera": "camera-1"}}, "differ in camera"),
    ({"header": {"assignment": "0" * 64}}, "differ in assignment"),
    ({"row": {"records": 3}}, "not what its row says"),
    ({"row": {"header_sha256": "0" * 64}}, "not what its row says"),
    ({"row": {"previous": "1" * 64}}, "differ in previous"),
    ({"header": {"post": "post-2"}}, "assignment differ in post"),
    ({"header": {"masks_digest": "0" * 64}}, "assignment differ in masks_digest"),
    ({"header": {"opened_at_us": 1}}, "row differ in opened_at_us"),
]


async def test_a_header_and_a_row_that_disagree(town: Town, site: UnitsSite, subtests: pytest.Subtests) -> None:
    camera = await filming(town)
    assignment = {"assignment": camera.order.assignment_digest}
    for spoilt, reason in DISAGREE:
        with subtests.test(**spoilt):
            filmed = camera.film(row=assignment | spoilt.get("row", {}), **spoilt.get("header", {}))
            await rows(town).take(UNIT, filmed.signed_row)

            answer = await site.put(filmed.chain, filmed.data)

            assert problem(answer) == (422, "segment-refused", "segment.altered")
            assert reason in answer.json()["detail"]


async def test_a_segment_sealed_to_a_key_that_was_never_issued(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town, hour_key="0" * 32)

    answer = await site.put(filmed.chain, filmed.data)

    assert problem(answer)[:2] == (422, "segment-refused")
    assert "not issued" in answer.json()["detail"]


async def test_another_units_name_or_certificate(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    assert problem(await site.put(filmed.chain, filmed.data, "unit-2"))[:2] == (403, "certificate-refused")
    for shown in ((), (b"nonsense",), (b"",)):
        async with site.showing(*shown) as stranger:
            answer = await stranger.put(f"/v1/units/{UNIT}/segments/{filmed.chain}", content=filmed.data)
            assert problem(answer)[:2] == (403, "certificate-refused")


async def test_another_unit_with_a_valid_certificate_of_its_own(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await enrol_other(town)

    async with site.showing(certificate(town, OTHER)) as other:
        answer = await other.put(f"/v1/units/{OTHER}/segments/{filmed.chain}", content=filmed.data)
        assert problem(answer) == (422, "segment-refused", "segment.unit")
        answer = await other.put(f"/v1/units/{UNIT}/segments/{filmed.chain}", content=filmed.data)
        assert problem(answer) == (403, "certificate-refused", "unit.other")
    assert files(site.folder) == files(town.layout.state / "incoming") == []
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us is None


SPOILT_ROWS = {
    "torn": lambda filmed, _: filmed.signed_row[: len(filmed.signed_row) // 2],
    "empty": lambda filmed, _: b"",
    "signed by nobody": lambda filmed, _: filmed.signed_row.replace(b'"sig":"', b'"sig":"AAAA', 1),
    "another segment's": lambda _, other: other.signed_row,
}


@pytest.mark.parametrize("spoil", SPOILT_ROWS.values(), ids=SPOILT_ROWS)
async def test_a_row_that_was_spoilt_here_is_the_hubs_fault(
    town: Town, site: UnitsSite, spoil: Callable[[Filmed, Filmed], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    camera = await filming(town)
    filmed, other = camera.film(), camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    async with town.database.transaction() as db:
        await db.run("update segments set row = :row", row=spoil(filmed, other))

    assert problem(await site.put(filmed.chain, filmed.data)) == (500, "internal", "segment.row")
    assert "spoilt here" in caplog.text
    await rows(town).take(UNIT, filmed.signed_row)  # which its unit says again while no ack comes
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202


async def test_what_is_said_to_be_stored_and_is_not_there_is_taken(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await Segments(town.database).stored(filmed.chain, 1)

    assert (await site.put(filmed.chain, filmed.data)).status_code == 202
    assert await site.objects.get(object_key(filmed.row), 0, len(filmed.data)) == filmed.data
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us == town.now_us


async def test_a_revoked_unit_sends_nothing_more(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    async with town.database.transaction() as db:
        await db.run("update units set state = 'revoked'")

    assert problem(await site.put(filmed.chain, filmed.data)) == (403, "certificate-refused", "unit.certificate")


async def test_a_full_disk_is_said_and_leaves_nothing(
    town: Town, site: UnitsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    filmed = await filmed_row(town)

    async def full(key: str, source: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(site.objects, "put", full)
    assert problem(await site.put(filmed.chain, filmed.data))[:2] == (503, "storage-unavailable")
    monkeypatch.undo()
    assert files(town.layout.state / "incoming") == []
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202


async def break_off(site: UnitsSite, filmed: Filmed, data: bytes, *headers: tuple[bytes, bytes]) -> int:
    """Send so much of a segment and be gone; gives the status that nobody hears."""
    path = f"/v1/units/{UNIT}/segments/{filmed.chain}"
    shown = (b"x-client-cert", site.client.headers["X-Client-Cert"].encode())
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), shown, *headers],
    }
    heard: list[dict[str, Any]] = [
        {"type": "http.request", "body": data, "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return heard.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await site.app(scope, receive, send)
    return int(said[0]["status"])


async def test_a_sender_who_breaks_off_leaves_nothing(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    assert await break_off(site, filmed, filmed.data[:1000]) == 400

    assert files(town.layout.state / "incoming") == files(site.folder) == []
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us is None


async def test_an_object_store_that_fails_is_said(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    blocked = site.folder / filmed.row.deployment
    blocked.write_bytes(b"a file where a folder belongs")

    assert problem(await site.put(filmed.chain, filmed.data))[:2] == (503, "storage-unavailable")
    blocked.unlink()
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202
