# SPDX-License-Identifier: EUPL-1.2
"""What this unit never forgets: `memory.json` in its folder, from the day it was made.

It holds what `contract.authority.examine` remembers and, among its serials, four kinds of the unit's own:

- `withdrawn/<deployment>/<post>` (`<post>.setup` for aiming): how large the log was when a verified message left out an
  order that had been given. Whoever passes messages on can compose an older order with proofs from the public log; it
  does not hold again. A new order does: its decision or its assignment was signed and logged since. The entry goes once
  such an order stands, for from then on the serials refuse what is older.
- `stop/<deployment>/<serial>`: when filming under that decision ends, or has ended: the earliest stop that was seen.
- `ends/<deployment>`: when the last window ends of any order that was given under it. Once that is past by more than
  the longest retention, the two marks above go: nothing that was given can be filmed under any more.
- `time`: a moment that had passed for certain (microseconds UTC), so that a clock set back over a reboot reopens no
  window.

A unit whose memory is missing or torn is not a fresh one: it no longer knows what was withdrawn, and does not film.
"""

from __future__ import annotations

import errno
from collections.abc import Container, Iterable
from dataclasses import replace
from pathlib import Path

from contract.authority import EMPTY, UNKNOWN, Memory, Order, Remembered, place_of
from contract.mandate import HOUR_US, RETENTION_CEILING_H, Decision, Stop
from contract.record import ContractError, dump, load
from edge.unit.files import create_file, replace_file

MEMORY = "memory.json"
MEMORY_LIMIT = 1024 * 1024  # bytes; some seven hundred per deployment ever seen
TIME = "time"
_ASSIGNED = "assignment/"  # as `contract.authority` names the serial of a post's assignment
_ENDS = "ends/"
_STOP = "stop/"
_WITHDRAWN = "withdrawn/"

Place = tuple[str, str]
"""Deployment and post: what an order is for."""


class MemoryFileError(Exception):
    """The unit's memory cannot be read or written: it must not film, for it no longer knows what it has seen."""


def begin_memory(state: Path) -> None:
    """Write a fresh unit's memory, where none stands yet.

    Raises:
        MemoryFileError: one does, or it cannot be written.
    """
    try:
        create_file(state / MEMORY, dump(EMPTY))
    except OSError as error:
        raise MemoryFileError(f"{state / MEMORY}: {error.strerror}") from error


def read_memory(path: Path) -> Memory:
    """The memory, as it was last written.

    Raises:
        MemoryFileError: missing or torn; says what to do.
    """
    try:
        with path.open("rb") as file:
            return load(Memory, file.read(MEMORY_LIMIT + 1), MEMORY_LIMIT)
    except OSError as error:
        raise MemoryFileError(_lost(path, error.strerror or "cannot be read")) from error
    except ContractError as error:
        raise MemoryFileError(_lost(path, str(error))) from error


def write_memory(path: Path, memory: Memory) -> None:
    """Make the memory durable.

    Raises:
        OSError: it could not be; what stood there stands.
    """
    replace_file(path, bounded(memory))


def bounded(memory: Memory) -> bytes:
    """The memory as it is written, if it can be read again. Raises OSError."""
    data = dump(memory)
    if len(data) > MEMORY_LIMIT:
        raise OSError(errno.EFBIG, f"{len(data)} bytes are more than the {MEMORY_LIMIT} that a memory may have", MEMORY)
    return data


def time_us(memory: Memory) -> int:
    """A moment that had passed for certain when this was written; 0 when nothing signed was ever seen."""
    kept = memory.serial(TIME)
    return kept.serial if kept is not None else 0


def with_time(memory: Memory, at_us: int) -> Memory:
    """The memory with this moment passed; it never goes back."""
    if at_us <= time_us(memory):
        return memory
    return _with(memory, Remembered(TIME, at_us, UNKNOWN))


def stop_us(memory: Memory, decision: Decision) -> int | None:
    """The earliest end that a stop gave this decision; None where none was seen."""
    kept = memory.serial(f"{_STOP}{decision.deployment}/{decision.serial}")
    return kept.serial if kept is not None else None


def with_stop(memory: Memory, stop: Stop, digest: str) -> Memory:
    """The memory with this stop seen: one that ends later than what was seen before changes nothing."""
    what = f"{_STOP}{stop.deployment}/{stop.serial}"
    kept = memory.serial(what)
    if kept is not None and kept.serial <= stop.ends_at_us:
        return memory
    return _with(memory, Remembered(what, stop.ends_at_us, digest))


def place(order: Order) -> Place:
    """What an order is for."""
    return order.decision.deployment, place_of(order.assignment)


def withdrawn_at(memory: Memory, where: Place) -> int | None:
    """How large the log was when the order for this place was withdrawn; None where it was not, or is given anew."""
    mark = memory.serial(_WITHDRAWN + "/".join(where))
    return mark.serial if mark is not None else None


def overtaken(memory: Memory, order: Order) -> bool:
    """Whether a newer decision than an order's was seen, or a newer assignment of its post or of its camera."""
    deployment = order.decision.deployment
    newest = {
        f"decision/{deployment}": order.decision_digest,
        f"{_ASSIGNED}{deployment}/{place_of(order.assignment)}": order.assignment_digest,
    }
    if order.assignment.setup is None:
        newest[f"camera/{deployment}/{order.assignment.camera}"] = order.assignment_digest
    seen = ((memory.serial(what), digest) for what, digest in newest.items())
    return any(kept is not None and kept.digest not in (digest, UNKNOWN) for kept, digest in seen)


def with_orders(memory: Memory, given: Container[Place], refused: Container[str], size: int) -> Memory:
    """The memory after a message: what it gives stands, and what it leaves out of what was ever given is withdrawn.

    Args:
        memory: with the serials of what was given in it.
        given: the places that the message gives an order for.
        refused: deployments whose mandate does not hold: nothing is known of them.
        size: of the message's log.
    """
    past = _past(memory)
    for item in memory.serials:
        if not item.what.startswith(_ASSIGNED):
            continue
        deployment, _, post = item.what.removeprefix(_ASSIGNED).partition("/")
        if deployment in past:
            continue
        mark = memory.serial(f"{_WITHDRAWN}{deployment}/{post}")
        if (deployment, post) in given:
            memory = replace(memory, serials=tuple(entry for entry in memory.serials if entry is not mark))
        elif mark is None and deployment not in refused:
            memory = _with(memory, Remembered(f"{_WITHDRAWN}{deployment}/{post}", size, item.digest))
    return memory


def with_ends(memory: Memory, decisions: Iterable[Decision]) -> Memory:
    """The memory after these were given, without the marks of those that are long past."""
    for decision in decisions:
        what = _ENDS + decision.deployment
        kept, ends_us = memory.serial(what), max(window.to_us for window in decision.windows)
        if kept is None or kept.serial < ends_us:
            memory = _with(memory, Remembered(what, ends_us, UNKNOWN))
    gone = tuple(f"{mark}{deployment}/" for deployment in _past(memory) for mark in (_STOP, _WITHDRAWN))
    return replace(memory, serials=tuple(item for item in memory.serials if not item.what.startswith(gone)))


def _past(memory: Memory) -> set[str]:
    """Deployments whose last window is over for longer than anything of it may be kept."""
    before_us = time_us(memory) - RETENTION_CEILING_H * HOUR_US
    ends = (item for item in memory.serials if item.what.startswith(_ENDS))
    return {item.what.removeprefix(_ENDS) for item in ends if item.serial < before_us}


def _with(memory: Memory, entry: Remembered) -> Memory:
    """The entry first: what `examine` remembers it puts last, so that the same message gives the same memory."""
    others = tuple(item for item in memory.serials if item.what != entry.what)
    return replace(memory, serials=(entry, *others))


def _lost(path: Path, why: str) -> str:
    return (
        f"{path}: {why}; without it the unit does not know which orders were withdrawn, and does not film:"
        " make a new unit (flexzicht-edge init, in an empty folder) and enrol that"
    )
