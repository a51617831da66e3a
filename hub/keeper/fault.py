# SPDX-License-Identifier: EUPL-1.2
"""Since when the log cannot be written, kept so that a restart of the keeper does not make the time begin anew.

A line of fixed length in the keeper's own folder, off the log's disk. It is made while all is well and overwritten in
place, so that it needs no new space from a disk that may be full as well.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

WELL = b"%020d %010d\n" % (0, 0)
logger = logging.getLogger(__name__)


@dataclass
class Fault:
    """The log cannot be written since then; so many leases were renewed without it."""

    since_us: int
    renewals: int = 0


class FaultFile:
    """Remembers one fault. Trouble with it is reported and stops nothing: the appender knows the fault as well."""

    def __init__(self, path: Path) -> None:
        """Remember in this file."""
        self._path = path
        self._kept = b""

    def read(self) -> Fault | None:
        """The fault that stood when the keeper last ran, if one did."""
        try:
            data = self._path.read_bytes()
            since, renewals = data.split()
            fault = Fault(int(since), int(renewals))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.error("%s cannot be read, a fault of the log begins now if there is one: %s", self._path.name, error)
            return None
        self._kept = data
        return fault if fault.since_us else None

    def keep(self, fault: Fault | None) -> None:
        """Remember this fault, or that there is none."""
        line = WELL if fault is None else b"%020d %010d\n" % (fault.since_us, fault.renewals)
        if line == self._kept:
            return
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(handle, line)
                os.ftruncate(handle, len(line))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            logger.error("%s cannot be written: %s", self._path.name, error)
            return
        self._kept = line
