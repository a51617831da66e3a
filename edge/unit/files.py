# SPDX-License-Identifier: EUPL-1.2
"""Small files that must survive a power cut whole: written beside, synced, renamed, and the folder synced."""

from __future__ import annotations

import os
from pathlib import Path

OWNER_ONLY = 0o600


def replace_file(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """Put `data` at `path`: after a power cut the old content stands there or the new, never a part.

    Raises:
        OSError: it could not be made durable; the old content stands.
    """
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)
    sync_folder(path.parent)


def create_file(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """Put `data` at `path`, where nothing stands yet.

    Raises:
        FileExistsError: something does; it is left as it is.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte: one `write` may take fewer."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable: a new name, a rename, a removal."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
