# SPDX-License-Identifier: EUPL-1.2
"""An upload that breaks off goes on at the byte, over a restart too; what lies in between is never taken unchecked."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.filmed import check_segment
from hub.app import units
from hub.ingest import parts, segments
from hub.ingest.segments import object_key
from hub.store.segments import Segments
from tests.integration.filming import Filmed, filming
from tests.integration.ingest.conftest import UnitsSite, certificate
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import break_off, files, filmed_row, flipped
from tests.integration.town import UNIT, Town, problem


def path_of(filmed: Filmed) -> str:
    return f"/v1/units/{UNIT}/segments/{filmed.chain}"


async def put(client: httpx.AsyncClient, filmed: Filmed, first: int, last: int, data: bytes = b"") -> httpx.Response:
    """The bytes from one place to another, both counted in."""
    place = f"bytes {first}-{last}/{len(filmed.data)}"
    body = data or filmed.data[first : last + 1]
    return await client.put(path_of(filmed), content=body, headers={"Content-Range": place})


async def offset(client: httpx.AsyncClient, filmed: Filmed) -> int:
    answer = await client.get(path_of(filmed))
    assert answer.status_code == 200 and answer.headers["upload-offset"] == str(answer.json()["offset"])
    return int(answer.json()["offset"])


async def test_piece_by_piece(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    end = len(filmed.data) - 1
    assert await offset(site.client, filmed) == 0

    for first, last in ((0, 999), (1000, 1000), (1001, 9999)):
        answer = await put(site.client, filmed, first, last)
        assert (answer.status_code, answer.headers["upload-offset"]) == (200, str(last + 1))
        assert (await site.client.head(path_of(filmed))).headers["upload-offset"] == str(last + 1)
    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.stored_at_us is None
    assert (await put(site.client, filmed, 10_000, end)).status_code == 202

    assert await site.objects.get(object_key(filmed.row), 0, end + 1) == filmed.data
    assert files(site.parts.scratch) == []
    assert await offset(site.client, filmed) == end + 1
    assert (await put(site.client, filmed, 0, end)).status_code == 202  # stored already


async def test_what_broke_off_goes_on_after_a_restart(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)

    place = f"bytes 0-{len(filmed.data) - 1}/{len(filmed.data)}"
    assert await break_off(site, filmed, filmed.data[:5000], (b"content-range", place.encode())) == 400
    site.app = units.application(site.parts)
    async with site.showing(certificate(town)) as client:
        assert await offset(client, filmed) == 5000
        assert (await put(client, filmed, 5000, len(filmed.data) - 1)).status_code == 202
    assert await site.objects.get(object_key(filmed.row), 0, len(filmed.data)) == filmed.data


async def test_another_place_than_where_it_ends(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    end = len(filmed.data) - 1
    await put(site.client, filmed, 0, 999)

    for first in (0, 999, 1001, end):
        answer = await put(site.client, filmed, first, end)
        assert problem(answer)[:2] == (409, "offset-differs")
        assert answer.json()["parameters"]["offset"] == 1000
    assert await offset(site.client, filmed) == 1000


NO_PLACES = ("bytes 9-8/{n}", "bytes 0-{n}/{n}", "bytes {n}-{n}/{n}", "bytes 0-1/*", "0-1/2", "", "bytes -1-2/{n}")


async def test_no_place_in_the_segment(town: Town, site: UnitsSite, subtests: pytest.Subtests) -> None:
    filmed = await filmed_row(town)
    for place in NO_PLACES:
        with subtests.test(place):
            headers = {"Content-Range": place.format(n=len(filmed.data))}

            answer = await site.client.put(path_of(filmed), content=b"x", headers=headers)

            assert problem(answer)[:2] == (400, "invalid-request")
            assert files(site.parts.scratch) == []


async def test_another_length_than_its_row_says_or_more_than_its_place(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    headers = {"Content-Range": "bytes 0-9/10"}

    answer = await site.client.put(path_of(filmed), content=filmed.data[:10], headers=headers)
    assert problem(answer) == (422, "segment-refused", "segment.altered")
    assert problem(await put(site.client, filmed, 0, 9, filmed.data[:11])) == (
        422,
        "segment-refused",
        "segment.altered",
    )
    assert files(site.parts.scratch) == []


async def test_a_part_that_was_spoilt_here_is_sent_again_from_the_start(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    end = len(filmed.data) - 1
    await put(site.client, filmed, 0, 4999)
    (part,) = files(site.parts.scratch)
    part.write_bytes(flipped(part.read_bytes(), 3000))

    answer = await put(site.client, filmed, 5000, end)
    assert problem(answer)[:2] == (409, "offset-differs")
    assert answer.json()["parameters"]["offset"] == 0 == await offset(site.client, filmed)
    assert files(site.folder) == []
    altered = await put(site.client, filmed, 0, end, flipped(filmed.data, 3000))  # this time it is the sender's doing
    assert problem(altered) == (422, "segment-refused", "segment.altered")
    assert (await put(site.client, filmed, 0, end)).status_code == 202


async def test_a_stop_between_the_last_byte_and_its_check(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    await put(site.client, filmed, 0, 0)
    (part,) = files(site.parts.scratch)
    part.write_bytes(filmed.data)

    assert await offset(site.client, filmed) == 0
    assert (await put(site.client, filmed, 0, len(filmed.data) - 1)).status_code == 202


async def test_the_next_request_takes_over_from_one_that_hangs(town: Town, site: UnitsSite) -> None:
    filmed = await filmed_row(town)
    end, go_on = len(filmed.data) - 1, asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        yield filmed.data[:100]
        await go_on.wait()
        yield filmed.data[100:]

    headers = {"Content-Range": f"bytes 0-{end}/{end + 1}"}
    first = asyncio.create_task(site.client.put(path_of(filmed), content=hanging(), headers=headers))
    async with asyncio.timeout(10):
        while await offset(site.client, filmed) < 100:
            await asyncio.sleep(0.01)
    assert (await put(site.client, filmed, 100, 199)).status_code == 200
    go_on.set()
    assert problem(await first)[:2] == (409, "offset-differs")
    assert (await put(site.client, filmed, 200, end)).status_code == 202


async def test_a_units_parts_are_few_and_the_oldest_makes_room(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    filmed = [camera.film() for _ in range(parts.OF_A_UNIT + 2)]
    for one in filmed:
        await rows(town).take(UNIT, one.signed_row)
        await put(site.client, one, 0, 9)

    assert len(files(site.parts.scratch)) == parts.OF_A_UNIT
    assert [await offset(site.client, one) for one in filmed] == [0, 0] + [10] * parts.OF_A_UNIT
    assert all(path.parent == Path(site.parts.scratch / UNIT) for path in files(site.parts.scratch))


async def test_nobody_reaches_what_is_being_checked(
    town: Town, site: UnitsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by asking how much is here nor by sending another segment's bytes under the same name meanwhile."""
    filmed = await filmed_row(town)
    end = len(filmed.data) - 1
    checking, go_on = threading.Event(), threading.Event()

    def check(*said: Any) -> Any:
        found = check_segment(*said)
        checking.set()
        assert go_on.wait(10)
        return found

    monkeypatch.setattr(segments, "check_segment", check)
    first = asyncio.create_task(put(site.client, filmed, 0, end))
    assert await asyncio.to_thread(checking.wait, 10)
    assert await offset(site.client, filmed) == end + 1
    assert (await put(site.client, filmed, 0, 99, bytes(100))).status_code == 200
    assert await offset(site.client, filmed) == end + 1
    go_on.set()

    assert (await first).status_code == 202
    assert await site.objects.get(object_key(filmed.row), 0, end + 1) == filmed.data
