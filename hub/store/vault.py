# SPDX-License-Identifier: EUPL-1.2
"""Secrets on disk: private keys, and the vault `ring` of wrapped hour keys.

Trusted; outside the database, because a deleted row lives on in its log, dead tuples and backups. `ring` is never
backed up. With key source `file` old bytes can be carved from the disk: statements of erasure will say so.
Every file is created 0600, never overwritten, and durable before its name is known to anyone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from contract.record import Micros, Name, Nonce, Size, Uuid, dump, load


class SecretExistsError(Exception):
    """A secret of this name exists and is not replaced."""


def create_secret(path: Path, data: bytes) -> None:
    """Write a secret once, durably.

    Raises:
        SecretExistsError: there is one already; it is left as it was.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SecretExistsError(str(path.name)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
        """Use a folder, made 0700 when it is not there."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, key: VaultKey) -> None:
        """Keep a new key, durably."""
        create_secret(self.folder / f"{key.key}.json", dump(key))

    def of_deployment(self, deployment: str) -> tuple[VaultKey, ...]:
        """The living keys of a deployment, oldest hour first, of one hour the one that dies first last."""
        keys = [load(VaultKey, path.read_bytes()) for path in self.folder.glob("*.json")]
        return tuple(
            sorted((k for k in keys if k.deployment == deployment), key=lambda k: (k.from_us, k.layer, -k.due_us))
        )
