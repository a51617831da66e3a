# SPDX-License-Identifier: EUPL-1.2
"""Secrets on disk: private keys, and the vault `ring` of wrapped hour keys.

Trusted; outside the database, because a deleted row lives on in its log, dead tuples and backups. `ring` is never
backed up. With key source `file` old bytes can be carved from the disk: statements of erasure will say so.
Every file is 0600, never overwritten, and whole and durable before its name is known to anyone: cut off at any point
there is either the file or nothing, and at most a scratch file that the folder's owner sweeps away at its next start.
A file that cannot be read all the same is set aside, aloud, so that one bad file does not stop all others.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from contract.record import ContractError, Micros, Name, Nonce, Size, Uuid, dump, load

T = TypeVar("T")
SCRATCH = ".new"  # how a file's name ends while it is written
ASIDE = ".torn"  # how the name of a file ends that could not be read
logger = logging.getLogger(__name__)


class SecretExistsError(Exception):
    """Another secret of this name exists and is not replaced."""


def create_secret(path: Path, data: bytes) -> None:
    """Write a secret once, whole and durably. The same bytes once more change nothing.

    Raises:
        SecretExistsError: there are other bytes already; they are left as they were.
        OSError: the disk refused; there is nothing of this name.
    """
    descriptor, scratch = tempfile.mkstemp(prefix=".", suffix=SCRATCH, dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(scratch, path)
        except FileExistsError as error:
            if path.read_bytes() != data:
                raise SecretExistsError(path.name) from error
    finally:
        os.unlink(scratch)
    _sync(path.parent)


def readable(folder: Path, read: Callable[[bytes], T]) -> Iterator[tuple[Path, T]]:
    """Every record of a folder that can be read; the others are set aside."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, read(path.read_bytes())
        except ContractError as error:
            set_aside(path, str(error))


def set_aside(path: Path, reason: str) -> None:
    """Take a file that cannot be read out of use, and say so; a person may look at it."""
    logger.error("%s/%s cannot be read and is set aside as %s: %s", path.parent.name, path.name, ASIDE, reason)
    os.replace(path, path.with_name(path.name + ASIDE))
    _sync(path.parent)


def sweep(folder: Path) -> None:
    """Remove what a cut-off write left; only for a folder that nobody else writes to."""
    for scratch in folder.glob(f".*{SCRATCH}"):
        with contextlib.suppress(FileNotFoundError):
            scratch.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class VaultKey:
    """An hour key's private half, wrapped by the vault's key-encryption key, with all that decides its death."""

    key: Nonce
    deployment: Uuid
    from_us: Micros
    layer: Name
    due_us: Micros
    public: Annotated[bytes, Size(32, 32)]
    wrapped: Annotated[bytes, Size(60, 60)]


class Vault:
    """The folder `ring`: one file per hour key, named by its id. Only the keeper opens it."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, made 0700 when it is not there, and rid it of what a cut-off write left."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(folder)

    def add(self, key: VaultKey) -> None:
        """Keep a new key, durably."""
        create_secret(self.folder / f"{key.key}.json", dump(key))

    def of_deployment(self, deployment: str) -> tuple[VaultKey, ...]:
        """The living keys of a deployment, oldest hour first, of one hour the one that dies first last."""
        keys = (key for _, key in readable(self.folder, lambda data: load(VaultKey, data)))
        return tuple(
            sorted((k for k in keys if k.deployment == deployment), key=lambda k: (k.from_us, k.layer, -k.due_us))
        )
