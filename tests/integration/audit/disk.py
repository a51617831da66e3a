# SPDX-License-Identifier: EUPL-1.2
"""A disk that fails by name: at the n-th step it refuses, or the process dies, or the power does.

Everything else happens on a real folder, but nothing is really synced. What a power cut takes are the renames and new
folders whose folder was not synced, and the bytes of files that were not synced (ext4 keeps such a file, empty).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STEPS = ("open", "write", "fsync", "mkdir", "replace")


class Killed(BaseException):
    """The process ends here: not an Exception, so that nothing can answer it."""


class Disk:
    """Stands between `os` and the disk while it is armed, and counts the steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        self._real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in STEPS}
        self._fail_at: int | None = None
        self._error: Callable[[], BaseException] = Killed
        self._after = False
        self._armed = False
        self._paths: dict[int, Path] = {}
        self._dirty: set[Path] = set()
        self._pending: list[tuple[Path, Callable[[], None]]] = []  # what a power cut undoes: (name, how)
        for name in STEPS:
            monkeypatch.setattr(os, name, self._wrapped(name))

    def arm(self, fail_at: int | None, error: Callable[[], BaseException], after: bool = False) -> None:
        """Fail at this step (None: only count), before it happens or after it."""
        self.steps, self._fail_at, self._error, self._after, self._armed = [], fail_at, error, after, True

    def disarm(self) -> None:
        self._armed = False

    @property
    def failed(self) -> bool:
        """Whether the step was reached."""
        return self._fail_at is not None and len(self.steps) > self._fail_at

    def cut_power(self, keeps: Callable[[Path], bool]) -> None:
        """Undo what was not synced, except what the disk happens to have kept."""
        for path in self._dirty:
            if path.exists() and not keeps(path):
                path.write_bytes(b"")
        for name, undo in reversed(self._pending):
            if not keeps(name):
                undo()
        self._pending.clear()

    def _wrapped(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._armed:
                return None if name == "fsync" else self._real[name](*args, **kwargs)
            step = len(self.steps)
            self.steps.append(name)
            if step == self._fail_at and not self._after:
                if name == "write":  # a full disk takes what still fits
                    self._do(name, args[0], args[1][: len(args[1]) // 2])
                raise self._error()
            try:
                result = self._do(name, *args, **kwargs)
            except (FileExistsError, FileNotFoundError):  # a question that was answered, not a step
                self.steps.pop()
                raise
            if step == self._fail_at:
                raise self._error()
            return result

        return call

    def _do(self, name: str, *args: Any, **kwargs: Any) -> Any:
        undo = self._remember(name, args)
        if name == "fsync":
            synced = self._paths[args[0]]
            self._dirty.discard(synced)
            self._pending = [(path, how) for path, how in self._pending if path.parent != synced]
            return None
        result = self._real[name](*args, **kwargs)
        if undo is not None:
            self._pending.append((Path(args[-1] if name == "replace" else args[0]), undo))
        if name == "open":
            self._paths[result] = Path(args[0])
        elif name == "write":
            self._dirty.add(self._paths[args[0]])
        return result

    def _remember(self, name: str, args: tuple[Any, ...]) -> Callable[[], None] | None:
        if name == "mkdir":
            return lambda: shutil.rmtree(args[0])
        if name != "replace":
            return None
        source, target = Path(args[0]), Path(args[1])
        before = target.read_bytes() if target.exists() else None
        if source in self._dirty:
            self._dirty.discard(source)
            self._dirty.add(target)
        return lambda: target.unlink() if before is None else _overwrite(target, before)


def _overwrite(target: Path, data: bytes) -> None:
    if target.parent.is_dir():
        target.write_bytes(data)
