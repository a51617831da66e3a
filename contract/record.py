# SPDX-License-Identifier: EUPL-1.2
"""Records: frozen dataclasses to and from the one byte form that is signed.

The byte form is RFC 8785 (JSON Canonicalization Scheme) narrowed to what needs no floating point: integers
below 2**53, strings, booleans, null, arrays, and objects with ASCII keys, so that sorted, compact JSON *is*
canonical. Decoding accepts exactly what encoding writes: bytes that are not canonical are refused, so one record
has one encoding, and a digest names one meaning.

Whatever the input, parsers raise :class:`ContractError` and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

RECORD_LIMIT = 65_536  # bytes; what one MQTT message may carry (brokers are set to 64 KiB)
INTEGER_LIMIT = 2**53 - 1  # RFC 8785 refuses what an IEEE double cannot hold
DEPTH_LIMIT = 32

T = TypeVar("T")


class ContractError(ValueError):
    """What was received is not what the contract says."""


@dataclass(frozen=True)
class Range:
    """Bounds of an integer, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class Pattern:
    """A regular expression that the whole string must match."""

    regex: str


@dataclass(frozen=True)
class Size:
    """Bounds of the length of a string, of bytes or of a tuple, both included."""

    low: int
    high: int


Name = Annotated[str, Pattern(r"[a-z0-9-]{1,32}")]
"""Id of a unit, a camera, a post, a slot or a key."""
Uuid = Annotated[str, Pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
Digest = Annotated[str, Pattern(r"[0-9a-f]{64}")]
"""SHA-256 as 64 lower-case hexadecimal digits."""
Nonce = Annotated[str, Pattern(r"[0-9a-f]{32}")]
"""128 random bits as 32 lower-case hexadecimal digits."""
Micros = Annotated[int, Range(0, INTEGER_LIMIT)]
"""Microseconds: since 1970 UTC in names that end in `_at_us`, `from_us`, `to_us`; else a duration."""
Count = Annotated[int, Range(0, INTEGER_LIMIT)]
Text = Annotated[str, Size(1, 500)]
Key = Annotated[bytes, Size(32, 200)]
"""A public key as DER SubjectPublicKeyInfo (RFC 5280)."""


def encode(value: object) -> bytes:
    """Write canonical JSON.

    Raises:
        ContractError: a float, an integer past 2**53, a key that is not ASCII, or a string that is not Unicode.
    """
    _check(value, DEPTH_LIMIT)
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ContractError("a string holds a lone surrogate") from error


def _check(value: object, depth: int) -> None:
    if depth == 0:
        raise ContractError("nested too deeply")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise ContractError("a key is not ASCII")
        value = tuple(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            _check(item, depth - 1)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if not isinstance(value, (int, str, NoneType)):
        raise ContractError(f"{type(value).__name__} has no place in a record")
    if isinstance(value, int) and abs(value) > INTEGER_LIMIT:
        raise ContractError("an integer is out of range")


def decode(data: bytes, limit: int = RECORD_LIMIT) -> Any:
    """Read canonical JSON of at most `limit` bytes.

    Raises:
        ContractError: too long, not JSON, or not the canonical form of its content.
    """
    if len(data) > limit:
        raise ContractError(f"{len(data)} bytes, more than {limit}")
    try:
        value = json.loads(data.decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise ContractError("not JSON") from error
    if encode(value) != data:
        raise ContractError("not canonical JSON")
    return value


def dump(record: object) -> bytes:
    """Canonical bytes of a frozen dataclass."""
    return encode(plain(record))


def plain(value: Any) -> Any:
    """The JSON value of a record: bytes become base64, an absent optional field disappears."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: plain(item) for name, item in fields if item is not None}
    return value


def load(cls: type[T], data: bytes, limit: int = RECORD_LIMIT) -> T:
    """Read a record: known fields only, each of its type and inside its bounds.

    Raises:
        ContractError: says which field and what is wrong with it.
    """
    return build(cls, decode(data, limit))


def build(cls: type[T], value: object) -> T:
    """A record from its JSON value. Raises as :func:`load` does."""
    return _value(cls, value, cls.__name__)  # type: ignore[no-any-return]


@functools.cache
def _fields(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _record(cls: Any, value: object, where: str) -> Any:
    if not isinstance(value, dict):
        raise ContractError(f"{where}: not an object")
    hints = _fields(cls)
    unknown = value.keys() - hints.keys()
    if unknown:
        raise ContractError(f"{where}: unknown field {min(unknown)[:64]!r}")
    given = {}
    for name, hint in hints.items():
        if name in value:
            given[name] = _value(hint, value[name], f"{where}.{name}")
        elif not _optional(hint):
            raise ContractError(f"{where}.{name}: missing")
        else:
            given[name] = None
    return cls(**given)


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)


def _value(hint: Any, value: object, where: str) -> Any:
    origin = get_origin(hint)
    if origin is Annotated:
        base, *bounds = get_args(hint)
        result = _value(base, value, where)
        for bound in bounds:
            _bounded(bound, result, where)
        return result
    if _optional(hint):
        inner = next(arg for arg in get_args(hint) if arg is not NoneType)
        return _value(inner, value, where)
    if origin is Literal:
        if value not in get_args(hint) or isinstance(value, bool) != isinstance(get_args(hint)[0], bool):
            raise ContractError(f"{where}: not one of {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is tuple:
        return _tuple(get_args(hint)[0], value, where)
    if dataclasses.is_dataclass(hint):
        return _record(hint, value, where)
    return _scalar(hint, value, where)


def _tuple(item: Any, value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ContractError(f"{where}: not an array")
    return tuple(_value(item, entry, f"{where}[{n}]") for n, entry in enumerate(value))


def _scalar(hint: Any, value: object, where: str) -> Any:
    if hint is bytes:
        return _bytes(value, where)
    # bool is an int to Python and not to JSON.
    if hint not in (int, str, bool) or type(value) is not hint:
        raise ContractError(f"{where}: not {getattr(hint, '__name__', hint)}")
    return value


def _bytes(value: object, where: str) -> bytes:
    if not isinstance(value, str):
        raise ContractError(f"{where}: not base64")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ContractError(f"{where}: not base64") from error
    if base64.b64encode(data).decode() != value:
        raise ContractError(f"{where}: not canonical base64")
    return data


def _bounded(bound: object, value: Any, where: str) -> None:
    if isinstance(bound, Range) and not bound.low <= value <= bound.high:
        raise ContractError(f"{where}: {value} is not within {bound.low}..{bound.high}")
    if isinstance(bound, Pattern) and not re.fullmatch(bound.regex, value, re.ASCII):
        raise ContractError(f"{where}: not of the form {bound.regex}")
    if isinstance(bound, Size) and not bound.low <= len(value) <= bound.high:
        raise ContractError(f"{where}: length {len(value)} is not within {bound.low}..{bound.high}")
