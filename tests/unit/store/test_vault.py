# SPDX-License-Identifier: EUPL-1.2
"""A secret on disk is whole or not there, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hub import files
from hub.store.vault import SecretExistsError, Vault, VaultKey, create_secret

KEY = VaultKey("a" * 32, "01957a00-0000-7000-8000-000000000000", 0, "main", 1, bytes(32), bytes(60))


def test_a_secret_is_its_owners_and_is_not_replaced(tmp_path: Path) -> None:
    create_secret(tmp_path / "key", b"one")
    create_secret(tmp_path / "key", b"one")
    with pytest.raises(SecretExistsError):
        create_secret(tmp_path / "key", b"two")

    assert (tmp_path / "key").read_bytes() == b"one"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_disk_that_fills_up_leaves_nothing_and_a_later_try_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        create_secret(tmp_path / "key", b"one")
    assert list(tmp_path.iterdir()) == []

    monkeypatch.undo()
    create_secret(tmp_path / "key", b"one")
    assert (tmp_path / "key").read_bytes() == b"one"


def test_a_process_killed_while_writing_leaves_no_name(tmp_path: Path) -> None:
    (tmp_path / "ring").mkdir()
    child = os.fork()
    if child == 0:  # dies where the bytes are written and nothing is synced yet
        os.fsync = lambda _: os._exit(9)  # type: ignore[assignment]
        create_secret(tmp_path / "ring" / "key.json", b"half")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    vault = Vault(tmp_path / "ring")

    assert list(vault.folder.iterdir()) == []


def test_a_key_that_cannot_be_read_is_set_aside_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vault = Vault(tmp_path)
    vault.add(KEY)
    (tmp_path / f"{'b' * 32}.json").write_bytes(b"")

    assert vault.of_deployment(KEY.deployment) == (KEY,)
    assert {path.name for path in tmp_path.iterdir()} == {f"{'a' * 32}.json", f"{'b' * 32}.json.torn"}
    assert "set aside" in caplog.text


def test_a_file_that_the_disk_does_not_give_is_held_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, reads = "b" * 32, Path.read_bytes

    def broken(path: Path) -> bytes:
        if path.name.startswith(bad):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return reads(path)

    vault = Vault(tmp_path)
    vault.add(KEY)
    vault.add(replace(KEY, key=bad))
    (tmp_path / "folder.json").mkdir()
    monkeypatch.setattr(Path, "read_bytes", broken)

    assert vault.of_deployment(KEY.deployment) == (KEY,) and vault.living(bad) is None
    assert vault.holds(bad) and bad in vault.names()
    assert (tmp_path / f"{bad}.json").exists(), "it may come back"
    assert f"{bad}.json cannot be read" in caplog.text and "folder.json cannot be read" in caplog.text


def test_a_tombstone_that_cannot_be_read_still_says_that_the_key_is_dead(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.add(KEY)
    (tmp_path / f"{KEY.key}.destroyed").mkdir()
    assert vault.living(KEY.key) is None and vault.of_deployment(KEY.deployment) == ()
    assert vault.buried(KEY.deployment) == ()
    with pytest.raises(SecretExistsError):
        vault.add(KEY)


def test_a_key_that_was_told_to_die_is_used_no_more_though_its_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    vault = Vault(tmp_path)
    vault.add(KEY)
    assert vault.living(KEY.key) == KEY
    with monkeypatch.context() as patch, pytest.raises(OSError, match="Input/output"):
        patch.setattr(files, "erase", broken)
        vault.destroy(KEY.tombstone)

    assert vault.holds(KEY.key)
    assert vault.living(KEY.key) is None and vault.of_deployment(KEY.deployment) == ()
    assert vault.tombstone(KEY.key) == KEY.tombstone and vault.names() == (KEY.key,)

    vault.destroy(KEY.tombstone)
    vault.destroy(KEY.tombstone)
    assert not vault.holds(KEY.key)
    assert vault.buried(KEY.deployment) == (KEY.tombstone,)


def test_a_key_may_not_be_added_over_its_tombstone(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.add(KEY)
    vault.destroy(KEY.tombstone)
    with pytest.raises(SecretExistsError):
        vault.add(KEY)
    assert not vault.holds(KEY.key)
