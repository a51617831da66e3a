# SPDX-License-Identifier: EUPL-1.2
"""Segments by PUT: stored whole, once, only what their row says, from their own unit; nothing is left of the rest."""

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.segment import MAGIC
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet
from hub.ingest import segments
from hub.ingest.segments import Intake, object_key
from hub.store.records import SignedRecords
from hub.store.segments import Segments
from hub.store.units import Units
from tests.integration.filming import Filmed, filming
from tests.integration.ingest.conftest import UnitsSite
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

    answers = await asyncio.gather(*(site.put(filmed.chain, filmed.data) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {202}
    assert len(files(site.folder)) == 1


async def test_before_its_row_a_segment_waits_at_its_unit(town: Town, site: UnitsSite) -> None:
    filmed = (await filming(town)).film()

    assert problem(await site.put(filmed.chain, filmed.data))[:2] == (409, "row-unknown")
    assert files(site.folder) == []


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("where", ["magic", "header", "middle", "end"])
async def test_one_bit_is_found_wherever_it_is(town: Town, site: UnitsSite, where: str) -> None:
    filmed = await filmed_row(town)
    at = {"magic": 3, "header": len(MAGIC) + 100, "middle": len(filmed.data) // 2, "end": len(filmed.data) - 1}[where]

    answer = await site.put(filmed.chain, flipped(filmed.data, at))

    assert problem(answer) == (422, "segment-refused", "segment.altered")
    assert files(site.folder) == files(town.layout.state / "incoming") == []
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202


@pytest.mark.parametrize("data", [b"", b"x", MAGIC])
async def test_what_is_no_segment(town: Town, site: UnitsSite, data: bytes) -> None:
    filmed = await filmed_row(town)

    assert problem(await site.put(filmed.chain, data)) == (422, "segment-refused", "segment.altered")


async def test_a_cut_or_a_longer_segment_is_not_what_its_row_says(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    for data in (filmed.data[:-10], filmed.data + b"\0", filmed.data * 3):
        assert problem(await site.put(filmed.chain, data))[:2] == (422, "segment-refused")


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"header": {"camera": "camera-2"}, "row": {"camera": "camera-1"}}, "differ in camera"),
        ({"header": {"assignment": "0" * 64}}, None),
        ({"row": {"records": 3}}, "not what its row says"),
        ({"row": {"header_sha256": "0" * 64}}, "not what its row says"),
        ({"row": {"previous": "1" * 64}}, "differ in previous"),
    ],
)
async def test_a_header_and_a_row_that_disagree(
    town: Town, site: UnitsSite, spoilt: dict[str, Any], reason: str | None
) -> None:
    camera = await filming(town)
    row = spoilt.get("row", {}) | ({} if reason else {"assignment": camera.order.assignment_digest})
    filmed = camera.film(row=row, **spoilt.get("header", {}))
    await rows(town).take(UNIT, filmed.signed_row)

    answer = await site.put(filmed.chain, filmed.data)

    assert problem(answer) == (422, "segment-refused", "segment.altered")
    assert (reason or "differ in assignment") in answer.json()["detail"]


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


async def test_a_sender_who_breaks_off_leaves_nothing(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    path = f"/v1/units/{UNIT}/segments/{filmed.chain}"
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"x-client-cert", site.client.headers["X-Client-Cert"].encode())],
    }
    heard: list[dict[str, Any]] = [
        {"type": "http.request", "body": filmed.data[:1000], "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return heard.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await site.app(scope, receive, send)

    assert said[0]["status"] == 400
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


async def test_slow_senders_hold_up_no_other_unit(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    slow, prompt = camera.film(row={"unit": "unit-2"}), camera.film()
    await rows(town).take(UNIT, prompt.signed_row)
    known = await Segments(town.database).get(prompt.chain)
    assert known is not None
    await Segments(town.database).add(
        replace(known, chain=slow.chain, unit="unit-2", length=slow.row.length, row=slow.signed_row)
    )
    database = town.database
    intake = Intake(
        Segments(database),
        Orders(SignedRecords(database)),
        site.objects,
        town.layout.state / "own",
        lambda: town.now_us,
    )
    unit = await Fleet(Units(database)).unit(UNIT)
    assert unit is not None
    began = 0

    async def trickle() -> AsyncIterator[bytes]:
        nonlocal began
        began += 1
        yield slow.data[:1]
        await asyncio.Event().wait()

    async def whole() -> AsyncIterator[bytes]:
        yield prompt.data

    senders = [asyncio.create_task(intake.take(replace(unit, unit="unit-2"), slow.chain, trickle())) for _ in range(9)]
    try:
        async with asyncio.timeout(10):
            while not began:
                await asyncio.sleep(0.01)
            await intake.take(unit, prompt.chain, whole())
        assert began == segments.OF_A_UNIT
    finally:
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
    assert await site.objects.length(object_key(prompt.row)) == len(prompt.data)
    assert files(town.layout.state / "own") == []
