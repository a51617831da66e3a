# SPDX-License-Identifier: EUPL-1.2
"""Secrets on disk: private keys, and the vault `ring` of wrapped hour keys.

Trusted; outside the database, because a deleted row lives on in its log, dead tuples and backups. `ring` is never
backed up. With key source `file` old bytes can be carved from the disk: statements of erasure say so (:data:`GRADE`).
Every file is 0600, never overwritten but to erase it, and whole and durable before its name is known to anyone
(`hub.files`). A file that cannot be read all the same is set aside, aloud, so that one bad file stops no other; one
that the disk does not give, or that is no file, stays where it is, held and unreadable.

A key's death, in the order that survives a crash at any point: its *tombstone* (all of it but the private half) is
written; the wrapped private half is overwritten and unlinked. The tombstone stays: it says which hours may have no key
again, and what the log must still be told.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from contract.record import ContractError, Digest, Micros, Name, Nonce, Size, Uuid, dump, load
from hub import files

T = TypeVar("T")
GRADE = "file"  # how well a key dies here: the file system may keep remnants
ASIDE = ".torn"  # how the name of a file ends that could not be read
KEY, TOMBSTONE = ".json", ".destroyed"
logger = logging.getLogger(__name__)


class SecretExistsError(Exception):
    """Another secret of this name exists and is not replaced."""


def create_secret(path: Path, data: bytes) -> None:
    """Write a secret once, whole and durably. The same bytes once more change nothing.

    Raises:
        SecretExistsError: there are other bytes already; they are left as they were.
        OSError: the disk refused; there is nothing of this name.
    """
    try:
        files.create(path, data)
    except FileExistsError as error:
        if path.read_bytes() != data:
            raise SecretExistsError(path.name) from error
        files.sync(path.parent)  # who wrote it may have been cut off before this


def readable(folder: Path, read: Callable[[bytes], T]) -> Iterator[tuple[Path, T]]:
    """Every record of a folder that can be read; the others are set aside, or left where the disk refuses them."""
    for path in sorted(folder.glob(f"*{KEY}")):
        try:
            try:
                record = read(path.read_bytes())
            except ContractError as error:
                set_aside(path, str(error))
                continue
        except OSError as error:
            logger.error("%s/%s cannot be read: %s", path.parent.name, path.name, error)
            continue
        yield path, record


def set_aside(path: Path, reason: str) -> None:
    """Take a file that cannot be read out of use, and say so; a person may look at it."""
    logger.error("%s/%s cannot be read and is set aside as %s: %s", path.parent.name, path.name, ASIDE, reason)
    os.replace(path, path.with_name(path.name + ASIDE))
    files.sync(path.parent)


@dataclass(frozen=True)
class Tombstone:
    """What is known of an hour key but its private half. `public` is the raw X25519 key.

    Of a key whose file is torn and that only its birth in the log names it is empty, and `public_sha256` is known.
    """

    key: Nonce
    deployment: Uuid
    from_us: Micros
    layer: Name
    due_us: Micros
    public: Annotated[bytes, Size(0, 32)]
    public_sha256: Digest | None = None

    @property
    def digest(self) -> str:
        """Under which the log has its birth and its death."""
        return self.public_sha256 or hashlib.sha256(self.public).hexdigest()


@dataclass(frozen=True)
class VaultKey:
    """An hour key's private half, wrapped by the vault's key-encryption key, with all that decides its death.

    It is no kind of :class:`Tombstone`, so that nothing which keeps those can keep a private half.
    """

    key: Nonce
    deployment: Uuid
    from_us: Micros
    layer: Name
    due_us: Micros
    public: Annotated[bytes, Size(32, 32)]
    wrapped: Annotated[bytes, Size(60, 60)]

    @property
    def tombstone(self) -> Tombstone:
        """What is left of it."""
        return Tombstone(self.key, self.deployment, self.from_us, self.layer, self.due_us, self.public)


class Vault:
    """The folder `ring`: one file per hour key, named by its id. Only the keeper opens it."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, made 0700 when it is not there, and rid it of what a cut-off write left."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.sweep(folder)

    def add(self, key: VaultKey) -> None:
        """Keep a new key, durably. Raises SecretExistsError for one that is or was here."""
        if self._told(key.key):
            raise SecretExistsError(key.key)
        create_secret(self._path(key.key, KEY), dump(key))

    def of_deployment(self, deployment: str) -> tuple[VaultKey, ...]:
        """The living keys of a deployment, oldest hour first, of one hour the one that dies first last."""
        keys = (key for _, key in readable(self.folder, lambda data: load(VaultKey, data)))
        return tuple(
            sorted(
                (k for k in keys if k.deployment == deployment and not self._told(k.key)),
                key=lambda k: (k.from_us, k.layer, -k.due_us),
            )
        )

    def living(self, name: str) -> VaultKey | None:
        """A key whose private half is here and that was not told to die; None for any other name."""
        if self._told(name):
            return None
        return _read(self._path(name, KEY), VaultKey)

    def tombstone(self, name: str) -> Tombstone | None:
        """What is left of a key that was told to die, whether its file is gone yet or not."""
        return _read(self._path(name, TOMBSTONE), Tombstone)

    def names(self) -> tuple[str, ...]:
        """The ids of all keys that are or were here, also of those whose file cannot be read."""
        paths = (path for end in (KEY, KEY + ASIDE, TOMBSTONE) for path in self.folder.glob(f"*{end}"))
        return tuple(sorted({path.name.partition(".")[0] for path in paths}))

    def buried(self, deployment: str) -> tuple[Tombstone, ...]:
        """The tombstones of a deployment."""
        stones = (_read(path, Tombstone) for path in sorted(self.folder.glob(f"*{TOMBSTONE}")))
        return tuple(stone for stone in stones if stone is not None and stone.deployment == deployment)

    def knows(self, name: str) -> bool:
        """Whether it is or was here, also where nothing of it can be read."""
        return self.holds(name) or self._told(name)

    def holds(self, name: str) -> bool:
        """Whether any bytes of its private half are still named here."""
        return any(self._path(name, end).exists() for end in (KEY, KEY + ASIDE))

    def destroy(self, left: Tombstone) -> None:
        """Delete every file that holds this key's private half, durably. Once more changes nothing.

        Raises:
            OSError: the disk refused; the key may still be there, and asked again this goes on.
        """
        stone = self._path(left.key, TOMBSTONE)
        if _read(stone, Tombstone) is None:
            files.replace(stone, dump(left))
        for end in (KEY, KEY + ASIDE):
            if self._path(left.key, end).exists():
                files.erase(self._path(left.key, end))
        files.sync(self.folder)  # whoever unlinked it may have been cut off before this

    def _told(self, name: str) -> bool:
        """Whether this key was told to die, also where that cannot be read any more."""
        return self._path(name, TOMBSTONE).exists()

    def _path(self, name: str, end: str) -> Path:
        return self.folder / f"{name}{end}"


def _read(path: Path, cls: type[T]) -> T | None:
    """A record; None where there is none that can be read."""
    try:
        return load(cls, path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ContractError) as error:
        logger.error("%s/%s cannot be read: %s", path.parent.name, path.name, error)
        return None
