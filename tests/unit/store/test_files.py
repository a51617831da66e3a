# SPDX-License-Identifier: EUPL-1.2
"""A file that is written is whole, durable and as readable as was asked, whatever stood there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import files


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that reach the disk, in their order; a sync says of what."""
    steps: list[str] = []

    def step(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            what = "folder" if name == "fsync" and os.path.isdir(f"/proc/self/fd/{args[0]}") else "file"
            steps.append(f"{name} {what}" if name == "fsync" else name)
            return real(*args, **kwargs)

        return call

    for name in ("write", "fsync", "replace", "link"):
        monkeypatch.setattr(os, name, step(name, getattr(os, name)))
    return steps


def test_the_order_of_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = recorded(monkeypatch)
    files.replace(tmp_path / "a", b"one")
    assert steps == ["write", "fsync file", "replace", "fsync folder"]
    steps.clear()
    files.create(tmp_path / "b", b"one")
    assert steps == ["write", "fsync file", "link", "fsync folder"]


def test_what_is_there_is_replaced_or_left(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.replace(path, b"one", 0o644)
    files.replace(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)
    with pytest.raises(FileExistsError):
        files.create(path, b"three")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_the_mode_is_what_was_asked_whatever_the_mask(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        files.replace(tmp_path / "a", b"one", 0o644)
    finally:
        os.umask(mask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("write", [files.replace, files.create])
@pytest.mark.parametrize("step", ["write", "fsync"])
def test_a_full_disk_leaves_what_there_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None], step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    if write is files.replace:
        path.write_bytes(b"before")
    before = list(tmp_path.iterdir())
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, step, full)
        write(path, b"after")
    assert list(tmp_path.iterdir()) == before
    write(path, b"after")
    assert path.read_bytes() == b"after"


def test_what_a_cut_off_write_left_is_not_written_into(tmp_path: Path) -> None:
    """It may be readable to others, or have another name by now."""
    left = tmp_path / ".a.new"
    left.write_bytes(b"left")
    os.link(left, tmp_path / "elsewhere")
    files.create(tmp_path / "a", b"secret")
    assert (tmp_path / "elsewhere").read_bytes() == b"left"
    assert (tmp_path / "a").read_bytes() == b"secret"


def test_sweeping_takes_scratch_files_only(tmp_path: Path) -> None:
    for name in (".a.new", "a.new", ".b", "a"):
        (tmp_path / name).touch()
    files.sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.new", ".b", "a"}


def test_an_erased_file_is_overwritten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"secret")
    os.link(path, tmp_path / "same")
    steps = recorded(monkeypatch)
    files.erase(path)
    assert steps == ["write", "fsync file", "fsync folder"]
    assert (tmp_path / "same").read_bytes() == bytes(6)
    assert not path.exists()
