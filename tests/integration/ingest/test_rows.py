# SPDX-License-Identifier: EUPL-1.2
"""Index rows: taken once, and only when unit, film key, order and window are what the records say."""

import asyncio
import os
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.envelope import enclose, spki
from contract.index import INDEX_ROW
from contract.record import dump
from contract.segment import FILM_CERTIFICATE, FIRST, FilmCertificate
from edge.unit.identity import make_film_key
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet
from hub.ingest.messages import SEGMENT_LIMIT, RowIntake, RowRefusedError
from hub.store.records import SignedRecords
from hub.store.rows import Rows
from hub.store.units import Units
from tests.integration.filming import START_ID, filming
from tests.integration.ingest.conftest import UnitsSite
from tests.integration.town import UNIT, Town, problem


def rows(town: Town) -> RowIntake:
    database = town.database
    return RowIntake(Rows(database), Orders(SignedRecords(database)), Fleet(Units(database)), lambda: town.now_us)


async def test_a_row_is_kept_as_signed_and_once(town: Town) -> None:
    filmed = (await filming(town)).film()
    for _ in range(2):
        await rows(town).take(UNIT, filmed.signed_row)

    kept = await Rows(town.database).get(filmed.chain)
    assert kept is not None
    assert kept.row == filmed.signed_row
    assert (kept.camera, kept.from_us, kept.length) == ("camera-1", filmed.row.from_us, len(filmed.data))
    assert (kept.stored_at_us, kept.acked_at_us) == (None, None)


SPOILT: list[tuple[dict[str, Any], str]] = [
    ({"decision": "0" * 64}, "film certificate"),
    ({"assignment": "0" * 64}, "no such decision or assignment"),
    ({"deployment": "01957a00-0000-7000-8000-000000000000"}, "different deployments"),
    ({"unit": "unit-2"}, "another unit"),
    ({"camera": "camera-2"}, "another camera's"),
    ({"start_id": "9" * 32}, "film certificate"),
    ({"length": SEGMENT_LIMIT + 1}, "more than"),
    ({"from_us": 1}, "outside every window"),
    ({"to_us": 0}, "ends before"),
]


async def test_a_row_that_does_not_hold(town: Town, subtests: pytest.Subtests) -> None:
    begun = await filming(town)
    for spoilt, reason in SPOILT:
        with subtests.test(**spoilt):
            filmed = replace(begun).film(row=spoilt)

            with pytest.raises(RowRefusedError, match=reason):
                await rows(town).take(UNIT, filmed.signed_row)
            assert await Rows(town.database).get(filmed.chain) is None


async def test_what_was_filmed_a_second_past_the_window_is_refused(town: Town) -> None:
    camera = await filming(town)
    camera.at_us = camera.order.decision.windows[0].to_us - 1_000_000
    kept, refused = camera.film(fragments=5), camera.film(fragments=1, row={"to_us": camera.at_us + 1_000_001})

    await rows(town).take(UNIT, kept.signed_row)
    with pytest.raises(RowRefusedError, match="outside every window"):
        await rows(town).take(UNIT, refused.signed_row)


async def test_a_row_by_a_key_that_the_unit_does_not_vouch_for(town: Town) -> None:
    camera = await filming(town)
    stranger = Ed25519PrivateKey.generate()
    certificate = FilmCertificate(UNIT, camera.order.decision_digest, START_ID, spki(stranger), town.now_us)
    forged = enclose(FILM_CERTIFICATE, certificate, ec.generate_private_key(ec.SECP256R1()))
    filmed = camera.film(row={"film_certificate": forged})
    resigned = dump(enclose(INDEX_ROW, filmed.row, stranger))
    unsigned = dump(enclose(INDEX_ROW, camera.film().row))

    for payload in (filmed.signed_row, resigned, unsigned):
        with pytest.raises(RowRefusedError, match="signature"):
            await rows(town).take(UNIT, payload)


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a counter given twice": ({"segment": 0, "previous": "7" * 64}, "segment.counter"),
    "a second follower": ({"segment": 5, "previous": None}, "segment.fork"),
}


@pytest.mark.parametrize(("row", "rule"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
@pytest.mark.parametrize("first", ["first of all", "later"])
async def test_a_row_that_contradicts_one_that_was_here_first(
    town: Town, site: UnitsSite, row: dict[str, Any], rule: str, first: str, caplog: pytest.LogCaptureFixture
) -> None:
    camera = await filming(town)
    if first == "later":
        camera.film()
    follows, number = camera.previous, camera.number
    one = camera.film()
    other = camera.film(
        row={"previous": row["previous"] or follows, "segment": number if row["segment"] == 0 else row["segment"]}
    )
    await rows(town).take(UNIT, one.signed_row)

    for _ in range(2):
        with pytest.raises(RowRefusedError, match=rule) as refused:
            await rows(town).take(UNIT, other.signed_row)
    assert refused.value.rule == rule
    assert await Rows(town.database).get(other.chain) is None
    kept = await Rows(town.database).disputed(other.chain)
    assert kept is not None and (kept.row, kept.rule) == (other.signed_row, rule)

    assert problem(await site.put(other.chain, other.data)) == (422, "segment-refused", rule)
    assert "fork" in caplog.text or "counter" in caplog.text
    assert (await site.put(one.chain, one.data)).status_code == 202


async def test_a_segment_replayed_under_another_row(town: Town, site: UnitsSite) -> None:
    camera = await filming(town)
    filmed = camera.film()
    await rows(town).take(UNIT, filmed.signed_row)
    again = replace(filmed.row, segment=9, previous="7" * 64, from_us=filmed.row.from_us + 1)

    with pytest.raises(RowRefusedError, match="replayed") as refused:
        await rows(town).take(UNIT, dump(enclose(INDEX_ROW, again, camera.key.key)))
    assert refused.value.rule == "segment.replayed"
    kept = await Rows(town.database).get(filmed.chain)
    assert kept is not None and kept.row == filmed.signed_row
    assert (await site.put(filmed.chain, filmed.data)).status_code == 202


async def test_the_same_row_many_times_at_once_is_one(town: Town) -> None:
    filmed = (await filming(town)).film()

    await asyncio.gather(*(rows(town).take(UNIT, filmed.signed_row) for _ in range(8)))

    async with town.database.transaction() as db:
        assert await db.value("select count(*) from rows") == 1
        assert await db.value("select count(*) from disputed_rows") == 0


async def test_rows_out_of_order_are_taken_and_what_is_missing_can_be_found(town: Town) -> None:
    camera = await filming(town)
    filmed = [camera.film() for _ in range(4)]
    for there in (filmed[3], filmed[0], filmed[2]):
        await rows(town).take(UNIT, there.signed_row)

    async def unlinked() -> list[str]:
        return [row.chain for row in await Rows(town.database).unlinked(["camera-1"])]

    assert await unlinked() == [filmed[2].chain]
    assert await Rows(town.database).unlinked(["camera-2"]) == []
    await rows(town).take(UNIT, filmed[1].signed_row)
    assert await unlinked() == []


async def test_a_new_start_goes_on_in_the_chain_or_begins_one(town: Town) -> None:
    """A unit that lost its disk begins again from nothing; one that did not goes on where it was."""
    camera = await filming(town)
    for start in ("1", "2", "3"):
        key = make_film_key(town.identity, camera.order.decision_digest, start * 32, town.now_us, os.urandom)
        camera = replace(camera, key=key, number=0, previous=FIRST if start == "3" else camera.previous)
        for _ in range(2):
            await rows(town).take(UNIT, camera.film().signed_row)

    assert await Rows(town.database).unlinked(["camera-1"]) == []


async def test_bytes_that_are_no_row(town: Town) -> None:
    filmed = (await filming(town)).film()
    flipped = bytearray(filmed.signed_row)
    flipped[len(flipped) // 2] ^= 1
    other_type = dump(enclose("state", filmed.row))

    for payload in (b"", b"{}", b"\x00" * 100, bytes(flipped), filmed.signed_row[:-1], other_type):
        with pytest.raises(RowRefusedError):
            await rows(town).take(UNIT, payload)


async def test_rows_of_strangers_and_of_the_revoked(town: Town) -> None:
    filmed = (await filming(town)).film()
    with pytest.raises(RowRefusedError, match="not enrolled"):
        await rows(town).take("unit-2", filmed.signed_row)
    async with town.database.transaction() as db:
        await db.run("update units set state = 'revoked'")
    with pytest.raises(RowRefusedError, match="revoked"):
        await rows(town).take(UNIT, filmed.signed_row)
