# SPDX-License-Identifier: EUPL-1.2
"""Files that are whole and durable, whatever happens while they are written.

The order that survives a crash at any point:

1. The bytes go to a scratch file beside the file, `.NAME.new`, and are synced there.
2. The scratch file takes the name: by rename (:func:`replace`), or by link where another must not be replaced
   (:func:`create`).
3. The folder is synced: from here on the file outlives a power cut, and the call may return.

Cut off before 2 there is what there was, and at most the scratch file, which the next write of this name or
:func:`sweep` removes. Cut off between 2 and 3 there is the one or the other, whole. A file has one writer at a time:
its owner.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SCRATCH = ".new"  # how a file's name ends while it is written


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in place of what stands there.

    Raises:
        OSError: the disk refused; what stood there stands, unless only the last sync failed.
    """
    scratch = _scratch(path)
    try:
        write(scratch, data, mode)
        os.replace(scratch, path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
    sync(path.parent)


def create(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: it is there, and was left as it was.
        OSError: the disk refused; there is nothing of this name.
    """
    scratch = _scratch(path)
    try:
        write(scratch, data, mode)
        os.link(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    sync(path.parent)


def write(path: Path, data: bytes, mode: int) -> None:
    """Step 1 alone: a file's bytes, synced; for who then gives it its name, or syncs many files' folders at once."""
    path.unlink(missing_ok=True)  # never into a file that was opened, linked or readable before
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.fchmod(handle, mode)  # whatever the process's mask
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def erase(path: Path) -> None:
    """Overwrite a file, then remove it, durably. Nothing more can be done above the file system: its journal, a copy on
    write or the flash's own spare blocks may keep the old bytes.

    Raises:
        OSError: the disk refused; asked again, it goes on. Also when there is no such file.
    """
    handle = os.open(path, os.O_WRONLY)
    try:
        rest = memoryview(bytes(os.fstat(handle).st_size))
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    os.unlink(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Step 3 alone: the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what cut-off writes left; only for a folder that nobody else writes to."""
    for scratch in folder.glob(f".*{SCRATCH}"):
        with contextlib.suppress(FileNotFoundError):
            scratch.unlink()


def _scratch(path: Path) -> Path:
    return path.with_name(f".{path.name}{SCRATCH}")
