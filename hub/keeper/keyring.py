# SPDX-License-Identifier: EUPL-1.2
"""The keeper's own secrets on disk, made once before anything else of the hub exists.

`order.key` and `log.key` (Ed25519, PKCS#8 PEM), `ring.kek` (32 bytes, the vault's key source `file`), and
`config.json`, which the ceremony adds: the log's origin and the public roster root.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.envelope import PrivateKey
from contract.record import Key, Text, dump, load
from hub.store.vault import create_secret

KEK_BYTES = 32


class KeyringError(Exception):
    """The keeper's folder is not complete: run `flexzicht-hub ceremony` first."""


@dataclass(frozen=True)
class KeeperConfig:
    """What the ceremony tells the keeper."""

    origin: Text
    roster_root: Key


@dataclass(frozen=True)
class Keyring:
    """All secrets of the keeper, in memory."""

    config: KeeperConfig
    order: Ed25519PrivateKey
    log: Ed25519PrivateKey
    kek: bytes


def create(folder: Path, random: Callable[[int], bytes]) -> tuple[Ed25519PrivateKey, Ed25519PrivateKey]:
    """Make order key, log key and key-encryption key; gives the first two, for their public halves.

    Raises:
        SecretExistsError: this keeper has keys; they are never replaced.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    order, log = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    for name, key in (("order.key", order), ("log.key", log)):
        create_secret(folder / name, pem(key))
    create_secret(folder / "ring.kek", random(KEK_BYTES))
    return order, log


def configure(folder: Path, config: KeeperConfig) -> None:
    """Add what the ceremony decided; once."""
    create_secret(folder / "config.json", dump(config))


def read(folder: Path) -> Keyring:
    """The keyring of a keeper that is ready.

    Raises:
        KeyringError: a file is missing or is not what it should be.
    """
    try:
        config = load(KeeperConfig, (folder / "config.json").read_bytes())
        order, log = (_key((folder / name).read_bytes()) for name in ("order.key", "log.key"))
        kek = (folder / "ring.kek").read_bytes()
    except (OSError, ValueError) as error:
        raise KeyringError(f"{folder.name}: {error}") from error
    return Keyring(config, order, log, kek)


def pem(key: PrivateKey) -> bytes:
    """A private key as PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key(data: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(data, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key
