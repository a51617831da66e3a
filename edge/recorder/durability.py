# SPDX-License-Identifier: EUPL-1.2
"""What is written becomes durable: one `syncfs` every 0.4 s, in a thread of its own, for all cameras together.

One sync for all costs a third of one per camera and record. A failed sync is told to each camera that had written
since the last good one: what stands in the page cache may never reach the disk, so its segment must end. Any thread
may call.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path

SYNC_EVERY_S = 0.4  # a fragment's length: at most one per camera is lost at a power cut
_LIBC = ctypes.CDLL(None, use_errno=True)


def syncfs(folder: Path) -> None:
    """syncfs(2): everything written to the file system that `folder` is on."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


class Durability:
    """Of everything under one folder."""

    def __init__(self, folder: Path, sync: Callable[[Path], None] = syncfs) -> None:
        self._folder, self._sync = folder, sync
        self._lock = threading.Lock()
        self._written_us: dict[str, int] = {}
        self._durable_us: dict[str, int] = {}
        self._failures: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool sync", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """Sync a last time and end."""
        self._stopping.set()
        self._thread.join()

    def wrote(self, camera: str, until_us: int) -> None:
        """A record that lasts until this moment is written, though not durable yet."""
        with self._lock:
            self._written_us[camera] = until_us

    def failure(self, camera: str) -> str | None:
        """Why what this camera wrote is not durable, told once."""
        with self._lock:
            return self._failures.pop(camera, None)

    def sync(self) -> None:
        """Make durable what is written by now."""
        with self._lock:
            written = dict(self._written_us)
            if written == self._durable_us:
                return
        try:
            self._sync(self._folder)
        except OSError as error:
            with self._lock:
                self._failures.update(dict.fromkeys(written, f"what was written is not durable: {error.strerror}"))
            return
        with self._lock:
            self._durable_us = written

    def _run(self) -> None:
        while not self._stopping.wait(SYNC_EVERY_S):
            self.sync()
        self.sync()
