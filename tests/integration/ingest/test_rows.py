# SPDX-License-Identifier: EUPL-1.2
"""Index rows: taken once, and only when unit, film key, order and window are what the records say."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.envelope import enclose, spki
from contract.messages import INDEX_ROW
from contract.record import dump
from contract.segment import FILM_CERTIFICATE, FilmCertificate
from hub.deployments.standing import Orders
from hub.fleet.enrolment import Fleet
from hub.ingest.messages import SEGMENT_LIMIT, IndexRows, RowRefusedError
from hub.store.records import SignedRecords
from hub.store.segments import Segments
from hub.store.units import Units
from tests.integration.filming import START_ID, filming
from tests.integration.town import UNIT, Town


def rows(town: Town) -> IndexRows:
    database = town.database
    return IndexRows(Segments(database), Orders(SignedRecords(database)), Fleet(Units(database)), lambda: town.now_us)


async def test_a_row_is_kept_as_signed_and_once(town: Town) -> None:
    filmed = (await filming(town)).film()
    for _ in range(2):
        await rows(town).take(UNIT, filmed.signed_row)

    kept = await Segments(town.database).get(filmed.chain)
    assert kept is not None
    assert kept.row == filmed.signed_row
    assert (kept.camera, kept.from_us, kept.length) == ("camera-1", filmed.row.from_us, len(filmed.data))
    assert (kept.stored_at_us, kept.acked_at_us) == (None, None)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"decision": "0" * 64}, "film certificate"),
        ({"assignment": "0" * 64}, "no such decision or assignment"),
        ({"deployment": "01957a00-0000-7000-8000-000000000000"}, "different deployments"),
        ({"unit": "unit-2"}, "another unit"),
        ({"camera": "camera-2"}, "another camera's"),
        ({"start_id": "9" * 32}, "film certificate"),
        ({"length": SEGMENT_LIMIT + 1}, "more than"),
        ({"from_us": 1}, "outside every window"),
        ({"to_us": 0}, "ends before"),
    ],
)
async def test_a_row_that_does_not_hold(town: Town, spoilt: dict[str, Any], reason: str) -> None:
    filmed = (await filming(town)).film(row=spoilt)

    with pytest.raises(RowRefusedError, match=reason):
        await rows(town).take(UNIT, filmed.signed_row)
    assert await Segments(town.database).get(filmed.chain) is None


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
