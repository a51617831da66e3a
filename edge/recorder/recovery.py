# SPDX-License-Identifier: EUPL-1.2
"""What an earlier start left, mended before anything new is filmed: cut files get a row, windows that are over an end.

A file that was being written when the power went is valid to its last whole record (`contract.segment`): it is cut
there, made durable, and given a row that this start signs (`recovered`), in its own place in the chain. Only files
without a row are read. A file that holds no whole record, or has no place in the chain, is kept aside and counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from contract.mandate import HOUR_US, RETENTION_CEILING_H, Window
from contract.record import ContractError
from contract.segment import SealedSegment, check, read_header
from edge.recorder.ledger import Ended, Ledger, Sealed, deletion
from edge.recorder.outbox import Head, Under
from edge.recorder.spool import Spool, SpoolError, Waiting
from edge.unit.identity import FilmKey

FilmFor = Callable[[str], FilmKey]
"""The film key of this start under a decision, by its digest."""
WindowOf = Callable[[str, int], Window | None]
"""(decision's digest, moment) -> the window that was open then; None where that is not known any more."""


def recover(
    spool: Spool, unit: str, film_for: FilmFor, window_of: Callable[[str, int], Window | None]
) -> list[Waiting]:
    """Give each cut file its row.

    Args:
        spool: as it was found.
        unit: this unit's id.
        film_for: makes this start's film keys.
        window_of: for a window of which nothing stands yet.

    Raises:
        SpoolError: the disk refuses.
        OSError: likewise.
    """
    found = []
    for part in spool.parts():
        sealed = _checked(part)
        if sealed is None or sealed.header.previous != spool.outbox.previous(part.parent.name):
            spool.cut_off(part)
            continue
        _cut(part, sealed.length)
        header = sealed.header
        under = _under(spool.outbox.head(header.camera), sealed, window_of)
        ledger = Ledger(spool, unit, header.camera, under, film_for(header.decision), "no-process")
        facts = Sealed(
            header=header,
            header_sha256=sealed.header_sha256,
            chain=sealed.chain,
            records=sealed.records,
            length=sealed.length,
            from_us=sealed.first_us,
            to_us=sealed.last_us,
        )
        found.append(spool.settle(part, *ledger.recovered(facts, part.stem)))
    return found


def settle(spool: Spool, unit: str, camera: str, film_for: FilmFor, ended: Ended, at_us: int) -> Waiting | None:
    """State the end of a window that the chain leaves open, as of this moment, which has passed for certain; None
    where it has its end.

    Raises:
        SpoolError: it does not stand, and is still to be stated.
    """
    head = spool.outbox.head(camera)
    if head is None or head.closed:
        return None
    ledger = Ledger(spool, unit, camera, head.under, film_for(head.under.decision), "no-process")
    return ledger.close("window" if at_us >= head.under.window.to_us else ended, at_us)


def forget_due(spool: Spool, camera: str, film_for: FilmFor, now_us: int) -> list[Waiting]:
    """Forget what is due by this moment, which has passed for certain, whether or not the hub has it; gives the rows
    that say so.

    Not while a segment of this camera is being written: what it follows is in its header already. Raises SpoolError.
    """
    held = (item for item in spool.waiting() if item.camera == camera and item.path is not None)
    due = [item for item in held if item.due_us is not None and item.due_us <= now_us]
    gone = [deletion(spool, item, film_for(item.body.decision), "retention") for item in due]
    return [waiting for waiting in gone if waiting is not None]


def forget_aside(spool: Spool, camera: str, now_us: int) -> int:
    """Forget what was kept aside and is due by its own header, or past every retention; how many. Raises SpoolError.

    No row speaks of these files: the hub refused their rows, or they have a place in no chain.
    """
    gone = 0
    for path in spool.aside(camera):
        try:
            if _due_us(path) <= now_us:
                path.unlink()
                gone += 1
        except OSError as error:
            raise SpoolError("spool.write", f"what is due cannot be removed: {error.strerror}") from error
    return gone


def _due_us(path: Path) -> int:
    """When a file must be gone: by its header, else by its last write and the longest retention."""
    longest_us = path.stat().st_mtime_ns // 1000 + RETENTION_CEILING_H * HOUR_US
    try:
        with path.open("rb") as stream:
            return min(read_header(stream)[0].due_us, longest_us)
    except ContractError:
        return longest_us


def _checked(part: Path) -> SealedSegment | None:
    try:
        with part.open("rb") as stream:
            return check(stream)
    except ContractError:
        return None


def _cut(part: Path, length: int) -> None:
    """Take off what is no whole record, durably."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, length)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _under(head: Head | None, sealed: SealedSegment, window_of: WindowOf) -> Under:
    header = sealed.header
    if head is not None and (head.under.decision, head.under.assignment) == (header.decision, header.assignment):
        window = head.under.window
        if window.from_us <= sealed.first_us < window.to_us:
            return head.under
    window = window_of(header.decision, sealed.first_us) or Window(sealed.first_us, sealed.last_us)
    return Under(header.deployment, header.decision, header.assignment, window)
