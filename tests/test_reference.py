# SPDX-License-Identifier: EUPL-1.2
"""`docs/reference/` and `contract/` say the same: every field with its type and bounds, every number, the examples.

A record's table stands under a heading `### `Record``. Who adds a field, a record, an event or a limit to the contract
finds here which table lacks it, and the row that is expected.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

import contract
from contract import record, topics
from contract.envelope import spki
from contract.events import PUBLIC_IDS
from contract.index import Reason
from contract.lease import OFFLINE_GRACE, REBOOTED_OFFLINE
from contract.record import INTEGER_LIMIT, Pattern, Range, Size, dump
from edge.config import UnitConfig
from edge.recorder.recording import CLOCK_STEP, NOT_SELF_STARTING, UNSYNCHRONISED
from hub.problem import KINDS
from tests.unit.contract.test_lease import FROM_US, MINUTE_US, NOW_US, ORDER, ROWS, TO_US, Row
from tests.unit.contract.worked import CHAIN_KEY, HUB, IDENTITY, worked

REFERENCE = Path(__file__).parent.parent / "docs/reference"
DOCUMENTS = ("segment", "mandate", "messages", "log")
MODULES = [importlib.import_module(f"contract.{module.name}") for module in pkgutil.iter_modules(contract.__path__)]
NAMED = {
    record.Name: "name",
    record.Uuid: "uuid",
    record.Digest: "digest",
    record.Nonce: "nonce",
    record.Text: "text",
    record.Key: "key",
}
NOT_ON_THE_WIRE = {
    *("record.Range", "record.Pattern", "record.Size"),  # bounds themselves
    *(
        "running.Course",
        "authority.Order",
        "authority.Refusal",
        "authority.Examined",
        "authority.UnitName",
        "authority._Proven",
        "placement.Placed",
    ),
    *("roster.Approver", "chain.Link", "chain.Coverage", "lease.Ruling", "segment.SealedRecord"),
    *(
        "segment.SealedSegment",
        "tlog.Checkpoint",
        "tlog.Leaf",
        "frames.Frame",
    ),  # the last three have prose of their own
}
"""What the contract computes and never sends."""


def text(document: str) -> str:
    """A document."""
    return (REFERENCE / f"{document}.md").read_text(encoding="utf-8")


def records() -> dict[str, type]:
    """Every record of the contract, by module and name."""
    found = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__:
                found[f"{module.__name__.removeprefix('contract.')}.{name}"] = value
    return found


RECORDS = {name: cls for name, cls in records().items() if name not in NOT_ON_THE_WIRE}


def rows_below(document: str, heading: str, nth: int = 0) -> list[list[str]]:
    """The rows of the first (or a later) table below a heading, without its own two head lines."""
    lines = iter(text(document).splitlines())
    for line in lines:
        if line.strip() == heading:
            break
    table: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif table and nth:
            table, nth = [], nth - 1
        elif table or line.startswith("#"):
            break
    return table[2:]


def homes(cls: type) -> list[str]:
    """The documents with a table of this record."""
    heading = f"### `{cls.__name__}`"
    return [document for document in DOCUMENTS if heading in text(document).splitlines()]


# --- Cells ----------------------------------------------------------------------------------------------------


def cell(hint: Any, name: str) -> str:
    """How a table writes this annotation."""
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        inner = next(arg for arg in get_args(hint) if arg is not NoneType)
        return f"{cell(inner, name)}, optional"
    if hint in NAMED:
        return NAMED[hint]
    if get_origin(hint) is Literal:
        words = [f"`{word}`" for word in get_args(hint)]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
    if get_origin(hint) is Annotated:
        base, bound = get_args(hint)
        return _bounded(base, bound, name)
    if get_origin(hint) is tuple:
        return f"array of {cell(get_args(hint)[0], name)}"
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return f"`{hint.__name__}`"
    return {int: "integer", str: "string", bool: "boolean", bytes: "bytes"}[hint]


def _bounded(base: Any, bound: object, name: str) -> str:
    if isinstance(bound, Pattern):
        return f"string `{bound.regex}`"
    assert isinstance(bound, (Range, Size))
    span = f"{bound.low}" if bound.low == bound.high else f"{bound.low}..{bound.high}"
    if get_origin(base) is tuple:
        item = cell(get_args(base)[0], name)
        return (
            f"array of {span} {item}" if "array" not in item and "integer" not in item else f"array of {span}: {item}"
        )
    if base is int and (bound.low, bound.high) == (0, INTEGER_LIMIT):
        return "micros" if name.endswith("_us") else "count"
    return {int: f"integer {span}", str: f"string of {span}", bytes: f"{span} bytes"}[base]


def expected(cls: type) -> dict[str, str]:
    """Field -> type cell."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: cell(hints[field.name], field.name) for field in dataclasses.fields(cls)}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_record_has_one_table_with_every_field(name: str) -> None:
    cls = RECORDS[name]
    wanted = expected(cls)
    draft = "\n".join(f"| `{field}` | {kind} | ... |" for field, kind in wanted.items())
    found = homes(cls)
    assert len(found) == 1, f"{name} needs one table in docs/reference, and has {found}:\n{draft}"
    table = rows_below(found[0], f"### `{cls.__name__}`")
    given = {row[0].strip("`"): row[1] for row in table}
    assert list(given.items()) == list(wanted.items()), f"{found[0]}.md, {cls.__name__}; the code has:\n{draft}"
    assert all(len(row) == 3 and row[2] not in ("", "...") for row in table), f"{name}: a field without its meaning"


def test_no_table_describes_what_is_not_there() -> None:
    known = {cls.__name__ for cls in RECORDS.values()}
    headings = {
        heading for document in DOCUMENTS for heading in re.findall(r"^### `(\w+)`$", text(document), re.MULTILINE)
    }
    assert headings == known


def test_every_record_that_is_not_described_exists() -> None:
    assert set(records()) >= NOT_ON_THE_WIRE


@pytest.mark.parametrize("alias", NAMED, ids=NAMED.values())
def test_the_named_types(alias: Any) -> None:
    base, bound = get_args(alias)
    rows = {row[0]: row[1] for row in rows_below("segment", "## Types")}
    assert rows[NAMED[alias]] == _bounded(base, bound, "")


# --- Numbers --------------------------------------------------------------------------------------------------


def numbers() -> Iterator[tuple[str, str, str]]:
    """(document, name, value as written) of every table of numbers; a name without a program is the contract's."""
    for document in DOCUMENTS:
        for row in rows_below(document, "## Numbers"):
            yield document, row[2].strip("`"), row[1]


@pytest.mark.parametrize(("document", "name", "written"), list(numbers()))
def test_every_number_is_the_codes(document: str, name: str, written: str) -> None:
    module, constant = name.rsplit(".", 1)
    value = getattr(importlib.import_module(module if "." in module else f"contract.{module}"), constant)
    assert str(value) == written.split()[0]


def test_every_limit_of_the_contract_is_written_down() -> None:
    """By their names: what ends so is a promise to whoever sends or reads."""
    ending = re.compile(r"[A-Z][A-Z0-9_]*_(LIMIT|US|BYTES|CEILING_[HS])$|JOIN_US")
    private = {"record.DEPTH_LIMIT", "keys.SLOT_CODE_BYTES", "envelope.P1363_BYTES"}
    wanted = {
        f"{module.__name__.removeprefix('contract.')}.{name}"
        for module in MODULES
        for name, value in vars(module).items()
        if ending.fullmatch(name) and isinstance(value, int) and _assigned(module, name)
    }
    missing = wanted - private - {name for _, name, _ in numbers()} - _of_pictures_and_log()
    assert not missing, f"no row in a table of numbers: {sorted(missing)}"


def _assigned(module: Any, name: str) -> bool:
    """Whether the module gives the constant its value, and does not import it."""
    return re.search(rf"^{name}\b.*=", Path(module.__file__).read_text(), re.MULTILINE) is not None


def _of_pictures_and_log() -> set[str]:
    """Limits that bound a parser's work, not what may be sent; the log's own stand in its prose."""
    return {f"frames.{name}" for name in ("NAL_LIMIT", "SEI_LIMIT")} | {
        f"tlog.{name}" for name in ("SIZE_LIMIT", "ENTRY_LIMIT", "NOTE_LIMIT", "SIGNATURE_LIMIT", "ORIGIN_LIMIT")
    }


# --- Vocabularies ---------------------------------------------------------------------------------------------


def test_the_logs_vocabulary() -> None:
    rows = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in rows_below("log", "## Events")}
    assert rows == {event.value: set(ids) for event, ids in PUBLIC_IDS.items()}


def test_the_topics() -> None:
    rows = rows_below("messages", "## Topics")
    assert {row[0].strip("`"): row[1] for row in rows} == {
        **dict.fromkeys(topics.UP, "up"),
        **dict.fromkeys(topics.DOWN, "down"),
    }
    assert {row[0].strip("`") for row in rows if row[2] == "yes"} == topics.RETAINED


def test_the_types_of_envelopes() -> None:
    """Every type that the contract names, with its record, and who signs it."""
    kinds = {
        value
        for module in MODULES
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and f"{name} = " in Path(str(module.__file__)).read_text()
        and re.fullmatch(r"[a-z][a-z-]{0,31}", value) and name.replace("_", "-").lower() == value
    } - {OFFLINE_GRACE, REBOOTED_OFFLINE}  # fmt: skip
    assert {row[0].strip("`") for row in rows_below("segment", "## Envelope types")} == kinds


def test_why_there_is_a_gap() -> None:
    rows = [row[0].strip("`") for row in rows_below("segment", "## Reasons of a gap")]
    assert tuple(rows) == get_args(Reason)


def test_the_marks() -> None:
    wanted = {"demo", OFFLINE_GRACE, REBOOTED_OFFLINE, CLOCK_STEP, NOT_SELF_STARTING, UNSYNCHRONISED}
    wanted |= {f"position-{word}" for word in get_args(get_type_hints(UnitConfig)["position"])}
    assert {row[0].strip("`") for row in rows_below("segment", "## Marks")} == wanted


def test_the_problems_that_units_are_told() -> None:
    told = [(row[1].strip("`"), row[0]) for row in rows_below("messages", "## HTTPS for units", nth=1)]
    assert len(told) > 5
    assert told == [(kind, str(KINDS[kind].status)) for kind, _ in told]


def test_every_rule_of_the_contract_is_explained() -> None:
    """What a unit reports as the reason why it does not film."""
    sources = "".join(Path(str(module.__file__)).read_text() for module in MODULES)
    ruled = r'(?:RefusedError\(\s*|Ruling\(\s*(?:True|False), )"([a-z.-]+)"'
    rules = set(re.findall(ruled, sources))
    assert len(rules) > 15
    told = text("mandate") + text("messages")
    assert not {rule for rule in rules if f"`{rule}`" not in told}


# --- The table of limits and the worked example ---------------------------------------------------------------


def truth_table() -> str:
    """The rows of `tests/unit/contract/test_lease.py` as the document writes them."""
    head = ("case", "course", "on_link_loss", "grace", "moment", "stop", "contact", "spent", "rule", "until", "marks")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join((name, *_truth(row)))} |" for name, row in ROWS.items()]
    return "\n".join(lines)


def _truth(row: Row) -> tuple[str, ...]:
    contact = row.contact
    names = contact is None or contact.stands is None or ORDER in contact.stands
    word = "none" if contact is None else "mandate" if contact.stands is None else "named" if names else "not named"
    return (
        _course(row),
        f"`{row.on_link_loss}`",
        _minutes(row.grace_us),
        _moment(row.at_us),
        "-" if row.stop_us is None else _moment(row.stop_us),
        word + (", rebooted" if contact is not None and contact.rebooted else ""),
        "-" if contact is None else _minutes(contact.spent_us),
        f"`{row.rule}`",
        _moment(row.until_us) if row.until_us else "no",
        ", ".join(f"`{mark}`" for mark in row.marks) or "-",
    )


def _course(row: Row) -> str:
    """What was signed while the decision ran, where that counts, and how long its window is where it is not 8 hours."""
    said = [f"window of {row.window_h} h"] if row.window_h != 8 else []
    said += [f"{row.overruns} overrun{'s' if row.overruns > 1 else ''} of 30 min"] if row.overruns else []
    said += [f"confirmed at {_moment(at_us)}" for at_us in row.confirmed_us]
    said += [f"setup {_moment(row.setup.from_us)} to {_moment(row.setup.to_us)}"] if row.setup is not None else []
    return ", ".join(said) or "-"


def _minutes(value_us: int) -> str:
    return f"{value_us // MINUTE_US} min"


def _moment(at_us: int) -> str:
    """A moment of the test's window, in minutes from its beginning."""
    minutes, rest = divmod(at_us - FROM_US, MINUTE_US)
    if at_us == FROM_US - 1:
        return "-1 us"
    return f"{minutes} min" + (f" + {rest} us" if rest else "")


def test_the_table_of_limits() -> None:
    assert (NOW_US - FROM_US, TO_US - FROM_US) == (60 * MINUTE_US, 480 * MINUTE_US), "the text says so"
    assert truth_table() in text("mandate"), f"docs/reference/mandate.md must hold:\n{truth_table()}"


def _broken(data: str, width: int) -> list[str]:
    return [data[at : at + width] for at in range(0, len(data), width)]


def _hex(name: str, data: bytes) -> str:
    return "\n".join((name, *(f"    {line}" for line in _broken(data.hex(), 96))))


def _json(name: str, data: bytes) -> str:
    return "\n".join((name, *(f"    {line}" for line in _broken(data.decode(), 100))))


@functools.cache
def example() -> str:
    """The worked segment, every intermediate value in hexadecimal; JSON as it stands."""
    made = worked()
    length = len(made.header_json)
    parts = [
        _hex("identity key (SubjectPublicKeyInfo):", spki(IDENTITY)),
        _hex("roster key, pinned:", HUB.anchors.roster_key),
        _hex("log key, pinned:", HUB.anchors.log_key),
        _json(
            f"header as stored, {length} bytes, length in the file {length.to_bytes(4, 'big').hex()}:", made.header_json
        ),
        _hex("h:", hashlib.sha256(made.header_json).digest()),
        _hex("hour key, private half:", made.hour_private),
        _hex("hour key, public half:", made.hour_public),
        _hex("HPKE info:", made.header.hpke_info),
        _hex("ck_0:", CHAIN_KEY),
        _json("fields_0 (without `signature`):", made.records[0].link),
        _hex("signing input of record 0:", b"flexzicht/segment-record/v1\n" + made.records[0].chain),
    ]
    for index, item in enumerate(made.records):
        parts += [
            _json(f"fields of record {index} as stored, {len(item.fields)} bytes:", item.fields),
            _hex(f"chain_{index}:", item.chain),
            _hex(f"mk_{index}:", item.record_key),
            _hex(f"AAD of record {index}:", item.aad),
            _hex(f"ciphertext of record {index}, {len(item.ciphertext)} bytes:", item.ciphertext),
        ]
    parts += [_hex(f"the whole file has {len(made.data)} bytes, SHA-256:", hashlib.sha256(made.data).digest())]
    parts += [_json("its row, in the envelope:", dump(made.row))]
    return "\n".join(parts)


def test_the_worked_example() -> None:
    assert f"```\n{example()}\n```" in text("segment"), f"docs/reference/segment.md must hold:\n{example()}"
