# SPDX-License-Identifier: EUPL-1.2
"""Valid input changed by its structure: bytes, JSON, envelopes and what is inside them, framed segments.

What was changed is often signed again, so that checks behind the signature are reached too. A `random.Random` decides
everything: one seed, one input.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from contract import segment
from contract.record import ContractError, encode
from tests.unit.contract.records import FILM_KEY
from tests.unit.contract.resigning import deterministic, inner, outer, relogged, resigned

LENGTH_LIMIT = 300_000  # bytes; longer input says nothing new
DEEP = 40  # levels, past the contract's own limit
ODD_BYTES = (
    b"",
    b"\x00",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x00\x00\x01",
    b"\xed\xa0\x80",
    b"\n",
    b"\r\n\x1a",
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 255, 2**31, 2**31 + 1, 2**53 - 1, 2**53, -(2**53), 2**64, 10**400),
    *(
        0.5,
        float("nan"),
        float("inf"),
        -0.0,
        "",
        "\x00",
        "\ud800",
        "a\udfff",
        "é",
        "a" * 501,
        "a" * 5000,
        "../..",
        "+/#",
    ),
    *("0" * 64, "F" * 64, "0" * 32, "AAAA", "AAA=", "AAF=", "A", "{}", [], {}, [[]], {"": 0}, {"é": 1}, {"a": None}),
)


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """This input, changed in one to four places. `others` may lend it parts."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        change = chance.choice((_as_bytes, _as_json, _as_json, _as_json, _as_segment, _as_segment))
        data = change(data, others, chance)[:LENGTH_LIMIT]
    return data


def _as_bytes(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64, 1024)))
    kind = chance.randrange(7)
    if kind == 0 and data:
        at = min(at, len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[end:]
    if kind == 3:
        return data[:end] + data[at:end] * chance.choice((1, 1, 2, 40)) + data[end:]
    if kind == 4:
        return data[:at] + chance.choice(ODD_BYTES) + data[end:]
    if kind == 5 and others:
        other = chance.choice(others)
        return data[:at] + other[chance.randrange(len(other) + 1) :]
    return data[:at] + chance.randbytes(chance.choice((1, 2, 4, 8))) + data[end:]


def _as_json(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _as_bytes(data, others, chance)
    value = changed(value, chance)
    finish: Callable[[Any], Any] = chance.choice((lambda same: same, resigned, resigned, relogged, relogged))
    with suppress(ContractError, RecursionError, UnicodeEncodeError):  # what cannot be signed goes as it is
        value = finish(value)
    return written(value)


def written(value: Any) -> bytes:
    """Canonical where that is possible, else as any JSON writer would have it."""
    try:
        return encode(value)
    except (ContractError, RecursionError):
        return json.dumps(value, sort_keys=False, separators=(",", ":")).encode()


def changed(value: Any, chance: random.Random) -> Any:
    """A JSON value with one node changed, which may lie inside an envelope's body or a leaf."""
    if isinstance(value, str) and chance.random() < 0.8:
        within = inner(value)
        if isinstance(within, (dict, list)):
            return outer(changed(within, chance)) or value
    if isinstance(value, (dict, list)) and value and chance.random() < 0.85:
        key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = value.copy()
        value[key] = changed(value[key], chance)
        return value
    return _replaced(value, chance)


def _replaced(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.6:
        return _other_keys(dict(value), chance)
    if isinstance(value, list) and value and chance.random() < 0.6:
        return _other_items(list(value), chance)
    if isinstance(value, bool) and chance.random() < 0.6:
        return not value
    if isinstance(value, int) and chance.random() < 0.6:
        return value + chance.choice((-1, 1, -3_600_000_000, 3_600_000_000, 2**31, -(2**31), value))
    if isinstance(value, str) and value and chance.random() < 0.7:
        return _other_text(value, chance)
    if chance.random() < 0.03:
        return _deep(chance.choice((DEEP, 2 * DEEP)))
    return chance.choice(ODD_VALUES)


def _other_text(value: str, chance: random.Random) -> str:
    at = chance.randrange(len(value))
    kind = chance.randrange(5)
    if kind == 0:
        return value[:at]
    if kind == 1:
        return value + value[at:]
    if kind == 2:
        return value[:at] + chance.choice(("\x00", "\n", " ", "é", "\ud800", "=", "/", "Z", "0")) + value[at + 1 :]
    try:
        raw = bytearray(base64.b64decode(value, validate=True))
    except ValueError:
        return value[:at] + chance.choice("0123456789abcdefz-") + value[at + 1 :]
    if raw:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return base64.b64encode(raw).decode()


def _other_keys(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    key = chance.choice(list(value))
    kind = chance.randrange(3)
    if kind == 0:
        del value[key]
    elif kind == 1:
        value[key] = value[chance.choice(list(value))]
    else:
        value[chance.choice(("", "x", "é", "a" * 200, key + "_", "\ud800"))] = value[key]
    return value


def _other_items(value: list[Any], chance: random.Random) -> list[Any]:
    at = chance.randrange(len(value))
    kind = chance.randrange(4)
    if kind == 0:
        del value[at]
    elif kind == 1:
        value.insert(at, value[at])
    elif kind == 2:
        value += [value[at]] * chance.choice((2, 16, 130))
    else:
        chance.shuffle(value)
    return value


def _deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


def _as_segment(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    if not data.startswith(segment.MAGIC):
        return _as_json(data, others, chance)
    parts = _parts(data)
    if not parts:
        return _as_bytes(data, others, chance)
    at = chance.randrange(len(parts))
    if at and not at % 2 or chance.random() < 0.2:
        parts[at] = _as_bytes(parts[at], others, chance)
    else:
        try:
            parts[at] = written(changed(json.loads(parts[at]), chance))
        except (ValueError, RecursionError):
            parts[at] = _as_bytes(parts[at], others, chance)
    if chance.random() < 0.15:
        parts.insert(at, parts[chance.randrange(len(parts))])
    if chance.random() < 0.8:
        parts = resealed(parts)
    return segment.MAGIC + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _parts(data: bytes) -> list[bytes]:
    """A segment's header, then fields and ciphertext by turns."""
    parts, at = [], len(segment.MAGIC)
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return parts


def resealed(parts: list[bytes]) -> list[bytes]:
    """A segment's parts with header and records chained and signed again by the film key."""
    header = _object(parts[0])
    if header is None:
        return parts
    unsigned = {name: value for name, value in resigned(header).items() if name != "signature"}
    head = _signed(unsigned, header.get("signature"), b"segment-header", written(unsigned))
    digest = hashlib.sha256(head).digest()
    value = b"FZS-1" + _hex(unsigned.get("previous")) + digest
    done = [head]
    for fields_json, ciphertext in zip(parts[1::2], parts[2::2], strict=False):
        fields = _object(fields_json)
        if fields is None:
            return [*done, *parts[len(done) :]]
        fields = {**fields, "cipher_sha256": hashlib.sha256(ciphertext).hexdigest()}
        bare = {name: item for name, item in fields.items() if name != "signature"}
        value = hashlib.sha256(value + written(bare)).digest()
        done += [_signed(bare, fields.get("signature"), b"segment-record", value), ciphertext]
    return [*done, *parts[len(done) :]]


def _signed(unsigned: dict[str, Any], signature: Any, kind: bytes, body: bytes) -> bytes:
    if isinstance(signature, dict):
        sig = deterministic(b"flexzicht/%s/v1\n%s" % (kind, body), FILM_KEY)
        return written({**unsigned, "signature": {**signature, "sig": base64.b64encode(sig).decode()}})
    return written(unsigned if signature is None else {**unsigned, "signature": signature})


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _hex(value: object) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        return b""
