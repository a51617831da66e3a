# SPDX-License-Identifier: EUPL-1.2
"""Gaps, closings and deletions: taken as segments' rows are, logged and acked without an object, in one chain."""

import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.envelope import enclose, read
from contract.events import Event
from contract.record import dump
from edge.unit import identity
from edge.unit.identity import make_film_key
from hub import ceremony
from hub.ingest.messages import RowRefusedError
from hub.ingest.segments import object_key
from hub.store import rows as table
from hub.store.rows import Rows
from hub.store.segments import Segments
from tests.integration.filming import Filmed, Filming, Stated, filming
from tests.integration.ingest.conftest import UnitsSite, certificate
from tests.integration.ingest.test_anchoring import acks, anchoring
from tests.integration.ingest.test_rows import rows
from tests.integration.ingest.test_segments import files, filmed_row
from tests.integration.town import HOUR_US, MINUTE_US, UNIT, Town, problem

STATEMENTS: dict[str, tuple[Callable[[Filming, Filmed], Stated], Event, str | None]] = {
    "a gap": (lambda camera, _: camera.gap(camera.at_us + MINUTE_US // 2), Event.GAP_STATED, "no-picture"),
    "a closing": (lambda camera, _: camera.close(), Event.CAMERA_CLOSED, "window"),
    "a deletion": (lambda camera, filmed: camera.delete(filmed), Event.SEGMENT_DELETED, "retention"),
}


@pytest.mark.parametrize(("make", "event", "reason"), STATEMENTS.values(), ids=STATEMENTS)
async def test_a_statement_is_logged_and_acked_without_an_object(
    town: Town, make: Callable[[Filming, Filmed], Stated], event: Event, reason: str
) -> None:
    camera = await filming(town)
    stated = make(camera, camera.film())

    await rows(town).take(UNIT, stated.signed_row)
    kept = await Rows(town.database).get(stated.chain)
    assert kept is not None and (kept.row, kept.reason, kept.previous) == (
        stated.signed_row,
        reason,
        stated.row.previous,
    )
    await anchoring(town).anchor()

    (ack,) = await acks(town)
    leaf = town.log.entry(ack.log_index)
    assert (ack.unit, ack.chain) == (UNIT, stated.chain)
    assert (leaf.event, leaf.digest, leaf.ids["camera"]) == (event, stated.chain, "camera-1")
    size = town.log.checkpoint()[1].size
    await rows(town).take(UNIT, stated.signed_row)  # the ack was lost: the unit says it again
    await anchoring(town).anchor()
    assert [ack.log_index for ack in await acks(town)] == [ack.log_index] * 2
    assert town.log.checkpoint()[1].size == size


SPOILT: list[tuple[dict[str, Any], str]] = [
    ({"decision": "0" * 64}, "film certificate"),
    ({"assignment": "0" * 64}, "no such decision or assignment"),
    ({"unit": "unit-2"}, "another unit"),
    ({"camera": "camera-2"}, "another camera's"),
    ({"start_id": "9" * 32}, "film certificate"),
    ({"from_us": 1}, "outside every window"),
    ({"to_us": 2**53 - 1}, "outside every window"),
    ({"to_us": 0}, "ends before"),
]


async def test_a_statement_that_does_not_hold(town: Town, subtests: pytest.Subtests) -> None:
    begun = await filming(town)
    for (name, (make, _, _)), (spoilt, reason) in itertools.product(STATEMENTS.items(), SPOILT):
        with subtests.test(name, **spoilt):
            camera = replace(begun)
            stated = make(camera, camera.film())
            row = replace(stated.row, **spoilt)
            payload = dump(enclose(read(stated.signed_row).type, row, camera.key.key))

            with pytest.raises(RowRefusedError, match=reason):
                await rows(town).take(UNIT, payload)
            assert await Rows(town.database).get(read(payload).digest) is None


async def test_a_fork_through_a_statement_is_seen(town: Town, site: UnitsSite) -> None:
    """Also where the other follower is a segment, and whichever came first."""
    camera = await filming(town)
    first = camera.film()
    gap = camera.gap(camera.at_us + MINUTE_US // 2)
    follows = replace(camera, previous=first.chain).film()
    closes = replace(camera, previous=first.chain).close()
    for row in (first, gap):
        await rows(town).take(UNIT, row.signed_row)

    for other in (follows, closes):
        with pytest.raises(RowRefusedError, match="fork"):
            await rows(town).take(UNIT, other.signed_row)
        kept = await Rows(town.database).disputed(other.chain)
        assert kept is not None and kept.row == other.signed_row
    assert problem(await site.put(follows.chain, follows.data)) == (422, "segment-refused", "segment.fork")


async def test_a_chain_is_followed_through_statements(town: Town) -> None:
    camera = await filming(town)
    one = camera.film()
    gap = camera.gap(camera.at_us + MINUTE_US // 2)
    two = camera.film()
    end = camera.close()
    for row in (end, one, two):
        await rows(town).take(UNIT, row.signed_row)

    assert [row.chain for row in await Rows(town.database).unlinked(["camera-1"])] == [two.chain]
    await rows(town).take(UNIT, gap.signed_row)
    assert await Rows(town.database).unlinked(["camera-1"]) == []


async def test_a_segment_that_its_unit_deleted_is_logged_and_acked_without_its_object(town: Town) -> None:
    camera = await filming(town)
    filmed = camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()
    assert await acks(town) == []

    deleted = camera.delete(filmed)
    await rows(town).take(UNIT, deleted.signed_row)
    await anchoring(town).anchor()

    told = {ack.chain: town.log.entry(ack.log_index).event for ack in await acks(town)}
    assert told == {filmed.chain: Event.SEGMENT_UNSENT, deleted.chain: Event.SEGMENT_DELETED}
    async with town.database.transaction() as db:
        await db.run("delete from downlink")
    await rows(town).take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()
    assert [ack.chain for ack in await acks(town)] == [filmed.chain]


async def test_a_deletion_of_what_is_stored_takes_nothing_from_it(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    filmed = camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202
    await rows(town).take(UNIT, camera.delete(filmed).signed_row)

    await anchoring(town).anchor()

    events = {town.log.entry(ack.log_index).event for ack in await acks(town)}
    assert events == {Event.SEGMENT_STORED, Event.SEGMENT_DELETED}
    assert len(files(site.folder)) == 1


async def test_what_was_erased_is_acked_again_and_not_asked_for(
    town: Town, site: UnitsSite, caplog: pytest.LogCaptureFixture
) -> None:
    filmed = await filmed_row(town)
    await site.put(filmed.chain, filmed.data)
    await anchoring(town).anchor()
    (first,) = await acks(town)
    await _erase(town, filmed)
    town.now_us += HOUR_US

    answer = await site.put(filmed.chain, filmed.data)  # the ack was lost, and the unit still holds it
    assert (answer.status_code, answer.json()) == (202, {"status": "erased"})
    path = f"/v1/units/{UNIT}/segments/{filmed.chain}"
    assert (await site.client.get(path)).json() == {"offset": len(filmed.data)}
    assert files(site.folder) == files(town.layout.state / "incoming") == []
    await rows(town).take(UNIT, filmed.signed_row)
    await anchoring(town).anchor()

    assert [ack.log_index for ack in await acks(town)] == [first.log_index] * 2
    assert "is said to be stored and is not" not in caplog.text


async def test_what_was_erased_before_it_was_logged_waits_for_its_units_word(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    filmed = camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    await site.put(filmed.chain, filmed.data)
    await _erase(town, filmed)

    await anchoring(town).anchor()
    assert await acks(town) == []
    await rows(town).take(UNIT, camera.delete(filmed).signed_row)
    await anchoring(town).anchor()

    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None and kept.refused is None and kept.log_index is not None
    assert town.log.entry(kept.log_index).event == Event.SEGMENT_UNSENT


async def _erase(town: Town, filmed: Filmed) -> None:
    (town.layout.objects / object_key(filmed.row)).unlink()
    async with town.database.transaction() as db:
        await db.run("update segments set erased_at_us = :now where chain = :c", now=town.now_us, c=filmed.chain)


async def test_a_segment_that_a_later_start_found_is_taken_whole(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    later = make_film_key(town.identity, camera.order.decision_digest, "8" * 32, town.now_us, os.urandom)
    filmed = camera.recovered(camera.film(), later)
    unsaid = replace(filmed.row, recovered=False)

    with pytest.raises(RowRefusedError, match="another start"):
        await rows(town).take(UNIT, dump(enclose("index-row", unsaid, later.key)))
    await rows(town).take(UNIT, filmed.signed_row)
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202
    await anchoring(town).anchor()

    (ack,) = await acks(town)
    assert (ack.chain, town.log.entry(ack.log_index).event) == (filmed.chain, Event.SEGMENT_STORED)


async def test_a_unit_with_a_new_key_sends_nothing_under_an_old_row(town: Town, site: UnitsSite) -> None:
    """What it filmed with the old one and is stored still counts: its row is kept with the key that it was made by."""
    camera = await filming(town)
    stored, waiting = camera.film(), camera.film()
    for filmed in (stored, waiting):
        await rows(town).take(UNIT, filmed.signed_row)
    await site.put(stored.chain, stored.data)
    await _rekey(town)

    async with site.showing(certificate(town)) as client:
        answer = await client.put(f"/v1/units/{UNIT}/segments/{waiting.chain}", content=waiting.data)
        assert problem(answer) == (422, "segment-refused", "segment.key")
        assert problem(await client.get(f"/v1/units/{UNIT}/segments/{waiting.chain}"))[:2] == (422, "segment-refused")
    with pytest.raises(RowRefusedError, match="signature"):
        await rows(town).take(UNIT, waiting.signed_row)
    await anchoring(town).anchor()
    assert [ack.chain for ack in await acks(town)] == [stored.chain]


async def _rekey(town: Town) -> None:
    """The same unit enrolled anew, with another key."""
    folder = town.layout.unit(UNIT)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    identity.init(folder, UNIT)
    ceremony.certify(town.layout, [folder], town.now_us)
    await town.enrol()


async def test_what_contradicts_is_kept_to_a_bound_and_refused_beyond_it(
    town: Town, site: UnitsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "DISPUTED_OF_A_UNIT", 3)
    camera = await filming(town)
    first = camera.film()
    await rows(town).take(UNIT, first.signed_row)
    forks = [replace(camera, previous=first.row.previous).gap(camera.at_us + (n + 1) * 1_000_000) for n in range(6)]
    for fork in forks:
        with pytest.raises(RowRefusedError, match="fork") as refused:
            await rows(town).take(UNIT, fork.signed_row)
    assert "no room" in str(refused.value)
    with pytest.raises(RowRefusedError) as refused:
        await rows(town).take(UNIT, forks[0].signed_row)  # which is kept
    assert "no room" not in str(refused.value)

    async with town.database.transaction() as db:
        assert await db.value("select count(*) from disputed_rows") == 3
    assert (await site.put(first.chain, first.data)).status_code == 202


def _deep(levels: int) -> bytes:
    return b'{"body":' + b"[" * levels + b"]" * levels + b',"signatures":[],"type":"gap"}'


NONSENSE: dict[str, bytes] = {
    "nothing": b"",
    "deep": _deep(40),
    "very deep": _deep(100_000),
    "oversized": b'{"body":"' + b"A" * 200_000 + b'","signatures":[],"type":"gap"}',
    "many signatures": b'{"body":"e30=","signatures":[' + b"{}," * 5000 + b'{}],"type":"gap"}',
    "another type": b'{"body":"e30=","signatures":[],"type":"mandate"}',
    "a dotted type": b'{"body":"e30=","signatures":[],"type":"../gap"}',
    "no text": b"\xff\xfe" * 50,
}


async def test_nonsense_on_the_line_of_rows_is_refused(town: Town, subtests: pytest.Subtests) -> None:
    await filming(town)
    for name, payload in NONSENSE.items():
        with subtests.test(name), pytest.raises(RowRefusedError):
            await rows(town).take(UNIT, payload)


NO_NAMES = ("unit.1", "../unit-1", "unit-1/../unit-2", "Unit-1", "u" * 33, "")


async def test_a_name_that_is_none_is_refused_wherever_it_stands(town: Town, subtests: pytest.Subtests) -> None:
    begun = await filming(town)
    for name, field in itertools.product(NO_NAMES, ("unit", "camera")):
        with subtests.test(name, field=field):
            camera = replace(begun)
            stated = camera.gap(camera.at_us + MINUTE_US // 2)

            with pytest.raises(RowRefusedError):
                await rows(town).take(UNIT, camera.gap(camera.at_us + MINUTE_US // 2, **{field: name}).signed_row)
            with pytest.raises(RowRefusedError):
                await rows(town).take(name, stated.signed_row)


async def test_a_number_that_jumps_is_taken_and_what_is_missing_before_it_shows(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    first = camera.film()
    camera.film()
    camera.number = 2**40
    far = camera.film()
    for filmed in (first, far):
        await rows(town).take(UNIT, filmed.signed_row)
        assert (await site.put(filmed.chain, filmed.data)).status_code == 202

    assert [row.chain for row in await Rows(town.database).unlinked(["camera-1"])] == [far.chain]
