# SPDX-License-Identifier: EUPL-1.2
"""Whose key is whose: registered by who holds it, one account's alone, and what everybody may read of it."""

import base64
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.envelope import PrivateKey, fingerprint, sign, signing_input, spki
from contract.record import plain
from tests.integration.town import Town, problem


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def registration(own: PrivateKey, prover: PrivateKey | None = None, kind: str = "person-key") -> dict[str, Any]:
    der = spki(own)
    proof = sign(signing_input(kind, der), prover or own)
    return {"key": base64.b64encode(der).decode(), "proof": plain(proof)}


async def put(who: httpx.AsyncClient, body: object) -> httpx.Response:
    return await who.put("/v1/session/key", json=body)


async def test_a_key_is_registered_shown_and_replaced(town: Town) -> None:
    operator, viewer = await town.client("operator"), await town.client("viewer")
    older, newer = key(), key()

    assert (await put(operator, registration(older))).json() == {"fingerprint": fingerprint(spki(older))}
    assert (await operator.get("/v1/session")).json()["key"] == fingerprint(spki(older))
    assert (await put(operator, registration(newer))).status_code == 200

    (shown,) = (await viewer.get("/v1/people")).json()
    assert base64.b64decode(shown["key"]) == spki(newer) and shown["fingerprint"] == fingerprint(spki(newer))
    assert {part: shown[part] for part in ("name", "display", "role")} == {
        "name": "operator",
        "display": "Operator",
        "role": "operator",
    }


async def test_who_has_no_key_yet_is_shown_without_one_and_who_signs_no_placement_is_not_shown(town: Town) -> None:
    for role in ("operator", "installer", "approver", "viewer"):
        await town.client(role)
    viewer = await town.client("viewer")

    everybody = (await viewer.get("/v1/people")).json()
    installers = (await viewer.get("/v1/people", params={"role": "installer"})).json()

    assert {(one["name"], one["key"]) for one in everybody} == {("operator", None), ("installer", None)}
    assert [one["name"] for one in installers] == ["installer"]


@pytest.mark.parametrize("role", ["approver", "viewer"])
async def test_who_is_in_no_team_registers_no_key(town: Town, role: str) -> None:
    assert problem(await put(await town.client(role), registration(key()))) == (403, "not-allowed", "R11")


async def test_a_key_without_its_proof_is_refused(town: Town) -> None:
    operator, own = await town.client("operator"), key()
    alien = registration(own) | {"proof": registration(key())["proof"]}
    for body in (registration(own, key()), registration(own, kind="decision"), alien):
        assert problem(await put(operator, body)) == (422, "signature-refused", "key.proof")
    edwards = registration(Ed25519PrivateKey.generate())
    assert problem(await put(operator, edwards)) == (422, "signature-refused", "key.proof")
    nothing = registration(own) | {"key": base64.b64encode(b"x" * 91).decode()}
    assert problem(await put(operator, nothing)) == (422, "signature-refused", "key.form")
    assert (await operator.get("/v1/session")).json()["key"] is None


async def test_a_key_is_one_accounts(town: Town) -> None:
    await town.introduce()
    shared = key()
    assert (await put(await town.client("operator"), registration(shared))).status_code == 200
    for body in (registration(shared), registration(town.approvers[0])):
        assert problem(await put(await town.client("installer"), body)) == (409, "key-taken", "R10")


async def test_an_approvers_key_is_the_bound_one(town: Town) -> None:
    approver = await town.client("approver")
    before = (await approver.get("/v1/session")).json()
    assert (before["slot"], before["key"]) == ("slot-1", None)  # nor is there a roster yet
    await town.introduce()

    assert (await approver.get("/v1/session")).json()["key"] == fingerprint(spki(town.approvers[0]))
