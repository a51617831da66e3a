# SPDX-License-Identifier: EUPL-1.2
"""The vector by which a browser signs as Python does: `vectors/browser.json`, which the console's tests read too.

Both sides are held to the one file, so that neither can change its recipe alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from contract import keys
from contract.envelope import Envelope, enclose, read, signing_input, spki
from contract.record import ContractError, decode, encode, plain
from contract.roster import BINDING, Binding

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "browser.json").read_text())
CODE = keys.slot_code(bytes(range(16)))


@pytest.mark.parametrize("expected", VECTOR["slot_keys"])
def test_a_slots_key_and_what_it_signs(expected: dict[str, Any]) -> None:
    key = keys.slot_key(expected["code"], expected["municipality"], expected["slot"], expected["counter"])
    body = base64.b64decode(VECTOR["binding"]["body"])

    assert base64.b64encode(spki(key)).decode() == expected["spki"]
    assert plain(Envelope(BINDING, body, ()).signed_by(key).signatures[0]) == expected["signature"]


def test_the_binding_is_read_and_has_its_digest() -> None:
    written = VECTOR["binding"]
    body = base64.b64decode(written["body"])
    record = plain(enclose(BINDING, Binding("slot-3", 1, base64.b64decode(json.loads(body)["key"]))))

    assert record["body"] == written["body"]
    assert hashlib.sha256(signing_input(BINDING, body)).hexdigest() == written["digest"]
    assert read(encode({"type": BINDING, "body": written["body"], "signatures": []})).digest == written["digest"]


@pytest.mark.parametrize("case", VECTOR["spellings"])
def test_what_a_typed_code_means(case: dict[str, Any]) -> None:
    if case["means"] is None:
        with pytest.raises(ContractError):
            keys.normalised(case["typed"])
    else:
        assert keys.normalised(case["typed"]).decode() == case["means"]


@pytest.mark.parametrize("case", VECTOR["canonical"])
def test_how_a_value_is_written(case: dict[str, Any]) -> None:
    assert encode(case["value"]).decode() == case["written"]
    assert decode(case["written"].encode()) == case["value"]


@pytest.mark.parametrize("written", VECTOR["not_canonical"])
def test_what_is_written_in_another_form_is_refused(written: str) -> None:
    with pytest.raises(ContractError):
        decode(written.encode())
