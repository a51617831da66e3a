# SPDX-License-Identifier: EUPL-1.2
"""Every door of the contract through which bytes of others come in: a function of bytes, and valid input for it.

`TARGETS` is what hypothesis, the corpus and `tests/fuzz_contract.py` call: a target returns or raises ContractError.
`SEEDS` holds input that each of them accepts, for mutation to start from.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contract import chain, envelope, filmed, frames, keys, lease, mandate, roster, running, segment, tlog, topics
from contract.authority import EMPTY, Order, check_publish_lease, examine
from contract.index import CLOSING, DELETION, GAP, ROWS
from contract.record import ContractError, Digest, build, decode, dump, encode, load, plain
from tests.simulated_hub import ORIGIN, SLOTS, ed25519
from tests.unit.contract import worked
from tests.unit.contract.records import FILM_KEY, ME, NOW_US, SAMPLES, STANDS, START_ID

Target = Callable[[bytes], object]
HUB, MESSAGE, ORDER = worked.HUB, worked.MESSAGE, worked.ORDER
WORKED = worked.worked()
ROW = filmed.signed_row(WORKED.row, envelope.spki(worked.IDENTITY))
IDENTITY = envelope.spki(worked.IDENTITY)
LOG_KEY = ed25519("log").public_key()
HASHES = [tlog.leaf_hash(bytes([n])) for n in range(7)]
VIEWED = bytes.fromhex("000000016742c01e8c8d40000000016806e2000000010605") + b"\x05abcde\x80"
PICTURE = VIEWED + bytes.fromhex("00000001658884000a")


def _text(data: bytes) -> str:
    """Bytes as a caller's string, lone surrogates and all."""
    return data.decode("utf-8", "surrogatepass")


def _read_hashes(level: int, index: int) -> bytes:
    return tlog.root(HASHES[index << level : (index + 1) << level])


def _rows() -> bytes:
    """A camera's chain: a gap, the worked segment, a deletion, a closing."""
    rows, previous = [], segment.FIRST
    for kind, sample in ((GAP, "gap"), ("index-row", "index-row"), (DELETION, "deletion"), (CLOSING, "closing")):
        known: Any = ROW if kind == "index-row" else SAMPLES[sample]
        certificate = replace(ROW.film_certificate)
        own = {name: getattr(ROW, name) for name in chain.OF_A_SEGMENT} if kind == DELETION else {}
        own |= {"segment": ROW.chain} if kind == DELETION else {"decision": ROW.decision}
        changed = replace(known, previous=previous, film_certificate=certificate, **own)
        signed = worked.signed(kind, changed, FILM_KEY)
        rows.append(plain(signed))
        previous = ROW.chain if kind == "index-row" else signed.digest
    return encode(rows)


def _loads(name: str) -> Target:
    return lambda data: load(type(SAMPLES[name]), data)


def _chain(data: bytes) -> object:
    value = decode(data)
    if not isinstance(value, list):
        raise ContractError("not a list")
    envelopes = [build(envelope.Envelope, item) for item in value]
    rows = [link.row for link in chain.verified(envelopes, IDENTITY, segment.FIRST)]
    chain.in_order([(item, load(ROWS[item.type], item.body)) for item in envelopes], segment.FIRST)
    return [chain.coverage(rows, ROW.decision, window) for window in ORDER.decision.windows]


def _row(data: bytes) -> object:
    row = filmed.signed_row(envelope.read(data), IDENTITY)
    checks: tuple[Callable[[], object], ...] = (
        lambda: filmed.check_ordered(row, IDENTITY, ORDER.course, ORDER.assignment),
        lambda: filmed.check_hour_key(row, [ORDER.keyset]),
        lambda: filmed.check_hour_key(WORKED.header, [ORDER.keyset]),
        lambda: filmed.check_header(WORKED.header, row, WORKED.assignment),
        lambda: filmed.check_segment(io.BytesIO(WORKED.data), len(WORKED.data), row, IDENTITY, WORKED.assignment),
    )
    for check in checks:
        try:
            check()
        except ContractError:
            continue
    return row


def _whole(data: bytes) -> object:
    return filmed.check_segment(io.BytesIO(data), len(data), ROW, IDENTITY, WORKED.assignment)


def _opened(data: bytes) -> object:
    header, _ = segment.read_header(io.BytesIO(data))
    chain_key = keys.unwrap(header.wrapped, WORKED.hour_private, header.hpke_info)
    return list(segment.open_records(io.BytesIO(data), chain_key))


def _mandate(data: bytes) -> object:
    return examine(mandate.read_message(data), HUB.anchors, EMPTY, ME)


def _mandate_later(data: bytes) -> object:
    """To a unit that has seen the message before."""
    seen = examine(mandate.read_message(MESSAGE), HUB.anchors, EMPTY, ME).memory
    return examine(mandate.read_message(data), HUB.anchors, seen, ME)


def _decision(data: bytes) -> object:
    decision = load(mandate.Decision, data)
    mandate.check_decision(decision)
    course = running.Course(decision)
    ruled = [lease.ruling(course, STANDS, NOW_US, stop, SAMPLES["contact"]) for stop in (None, NOW_US)]  # type: ignore[arg-type]
    return mandate.hours_touched(decision, 256), decision.last_moment_us, course.last_us(NOW_US), ruled


def _overrun(data: bytes) -> object:
    taken = load(running.OverrunTaken, data)
    running.check_overruns(ORDER.decision, [taken])
    course = running.Course(ORDER.decision, (taken,))
    return course.windows, course.window(NOW_US), course.next_overrun(NOW_US, "e" * 64)


def _necessity(data: bytes) -> object:
    confirmed = load(running.Necessity, data)
    running.check_necessity(confirmed, ORDER.decision, NOW_US)
    return running.Course(ORDER.decision, (), (confirmed.confirmed_at_us,)).necessary_until_us(NOW_US)


def _setup(data: bytes) -> object:
    setup = load(mandate.Window, data)
    running.check_setup(setup)
    return running.Course(ORDER.decision, setup=setup).windows


def _contact(data: bytes) -> object:
    contact = load(lease.Contact, data).later(1).after_reboot(None)
    return lease.ruling(ORDER.course, STANDS, NOW_US, None, contact)


def _keyset(data: bytes) -> object:
    order: Order = replace(ORDER, keyset=load(mandate.Keyset, data))
    return order.hour_key(NOW_US)


def _roster(data: bytes) -> object:
    value = decode(data)
    if not isinstance(value, list) or not value:
        raise ContractError("not a list")
    town, *bound = (build(envelope.Envelope, item) for item in value)
    body = envelope.opened(town, roster.ROSTER, roster.Roster, HUB.anchors.roster_key)
    return roster.bound(body, list(enumerate(bound))), roster.approvers(body, list(enumerate(bound)))


def _proofs(data: bytes) -> object:
    value = decode(data)
    if not isinstance(value, list) or len(value) != 4 or not all(type(n) is int for n in value[:2]):
        raise ContractError("not [index, size, hashes, hashes]")
    first, second = (build(tuple[bytes, ...], part) for part in value[2:])
    index, size = value[:2]
    root = tlog.root(HASHES)
    checks: tuple[Callable[[], None], ...] = (
        lambda: tlog.verify_inclusion(HASHES[3], index, size, root, first),
        lambda: tlog.verify_consistency(index, tlog.root(HASHES[:3]), size, root, second),
    )
    for check in checks:
        try:
            check()
        except ContractError:
            continue
    return size


def _picture(data: bytes) -> object:
    stamped = frames.with_capture_time(data, NOW_US)
    return frames.is_keyframe(data), frames.codec_string(data), frames.capture_time(data), frames.capture_time(stamped)


def _public_key(data: bytes) -> object:
    return envelope.public_key(data), envelope.ed25519(data)


def _wrapped(data: bytes) -> object:
    keys.wrap(bytes(32), data[:32], data[32:])
    return keys.unwrap(data, WORKED.hour_private, WORKED.header.hpke_info)


def _publish(data: bytes) -> object:
    return check_publish_lease(envelope.read(data), HUB.roster, ME.unit, START_ID, NOW_US)


def _digest(data: bytes) -> object:
    return build(Digest, _text(data))


TARGETS: dict[str, Target] = {
    **{f"record-{name}": _loads(name) for name in SAMPLES},
    "envelope": envelope.read,
    "public-key": _public_key,
    "wrapped": _wrapped,
    "slot-code": lambda data: keys.normalised(_text(data)),
    "digest": _digest,
    "segment": lambda data: segment.check(io.BytesIO(data)),
    "segment-opened": _opened,
    "segment-whole": _whole,
    "index-row": _row,
    "chain": _chain,
    "roster": _roster,
    "mandate": _mandate,
    "mandate-later": _mandate_later,
    "decision": _decision,
    "overrun": _overrun,
    "necessity": _necessity,
    "setup": _setup,
    "contact": _contact,
    "keyset": _keyset,
    "publish-lease": _publish,
    "topic": lambda data: topics.parse(_text(data)),
    "leaf": tlog.Leaf.decode,
    "tile": tlog.decode_tile,
    "bundle": tlog.decode_bundle,
    "tile-path": lambda data: tlog.parse_tile_path(_text(data)),
    "checkpoint": lambda data: tlog.verify_checkpoint(_text(data), ORIGIN, LOG_KEY),
    "verifier-key": lambda data: tlog.decode_vkey(_text(data)),
    "proofs": _proofs,
    "frame": frames.unpack_frame,
    "picture": _picture,
}


def _seeds() -> dict[str, bytes]:
    whole = tlog.Checkpoint(ORIGIN, 7, tlog.root(HASHES))
    inclusion = [base64.b64encode(node).decode() for node in tlog.inclusion_proof(3, 7, _read_hashes)]
    consistency = [base64.b64encode(node).decode() for node in tlog.consistency_proof(3, 7, _read_hashes)]
    leaf = tlog.Leaf(NOW_US, "key.born", {"due": "1"}, "e" * 64).encode()
    town = [plain(HUB.roster_envelope), *(plain(item) for item in HUB.bindings[: len(SLOTS)])]
    return {
        **{f"record-{name}": dump(sample) for name, sample in SAMPLES.items()},
        "envelope": dump(WORKED.row),
        "public-key": envelope.spki(FILM_KEY),
        "wrapped": WORKED.header.wrapped,
        "slot-code": b"ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ",
        "digest": b"e" * 64,
        "segment": WORKED.data,
        "segment-opened": WORKED.data,
        "segment-whole": WORKED.data,
        "index-row": dump(WORKED.row),
        "chain": _rows(),
        "roster": encode(town),
        "mandate": MESSAGE,
        "mandate-later": MESSAGE,
        "decision": dump(ORDER.decision),
        "overrun": dump(ORDER.course.next_overrun(NOW_US, "e" * 64)),
        "necessity": dump(running.Necessity(ORDER.decision.deployment, ORDER.decision.serial, NOW_US)),
        "setup": dump(mandate.Window(NOW_US, NOW_US + running.SETUP_LIFE_US)),
        "contact": dump(SAMPLES["contact"]),
        "keyset": dump(ORDER.keyset),
        "publish-lease": HUB.lease(START_ID),
        "topic": b"fz/1/unit-1/index",
        "leaf": leaf,
        "tile": b"".join(HASHES),
        "bundle": tlog.encode_bundle([leaf, b""]),
        "tile-path": b"tile/entries/x001/x234/067.p/8",
        "checkpoint": tlog.sign_checkpoint(whole, ed25519("log")).encode(),
        "verifier-key": tlog.encode_vkey(ORIGIN, LOG_KEY).encode(),
        "proofs": encode([3, 7, inclusion, consistency]),
        "frame": frames.pack_frame(True, NOW_US, 1, PICTURE),
        "picture": frames.with_capture_time(PICTURE, NOW_US),
    }


SEEDS = _seeds()


def outcome(target: str, data: bytes) -> str:
    """What came of it: `accepted`, or the words of the ContractError. Anything else is raised on."""
    try:
        TARGETS[target](data)
    except ContractError as error:
        return str(error)
    except UnicodeDecodeError:
        if target not in TEXTS:
            raise
        return "no string at all"
    return "accepted"


TEXTS = frozenset({"slot-code", "digest", "topic", "tile-path", "checkpoint", "verifier-key"})
"""Targets whose parsers take a string: bytes that are none never reach them."""
