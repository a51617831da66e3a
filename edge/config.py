# SPDX-License-Identifier: EUPL-1.2
"""What a unit is told about its surroundings: `config.json` in its state folder, written when it is enrolled.

Every field is required unless it says otherwise, unknown fields are refused, and nothing is read from the
environment: what a unit trusts and where it reports must not depend on who starts it. Rooms get values, not this.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from contract.authority import Anchors
from contract.record import ContractError, Name, Pattern, Range, Size, Text, build, load

CONFIG = "config.json"
ANCHORS = "anchors.json"
FILE_LIMIT = 65_536  # bytes
_NAME = r"[a-z0-9-]{1,32}"  # as `contract.record.Name`

SPOOL_LIMIT_BYTES = 8 * 2**30  # about nine hours of one camera at 2 Mbit/s
FIRMWARE = "flexzicht-edge 0.1.0"

Port = Annotated[int, Range(1, 65535)]
Host = Annotated[str, Pattern(r"[A-Za-z0-9.:-]{1,253}")]


class ConfigError(Exception):
    """The unit's state folder does not say what it must; the text names the file and what is wrong."""


@dataclass(frozen=True)
class FilmConfig:
    """A prepared film that plays in place of a camera."""

    film: Text
    """Its path."""
    offset_s: Annotated[int, Range(0, 86_400)]
    """How far into the film it begins, in seconds."""
    journal: Text | None
    """Where each picture's number in the film and its emit time are written, a line each; nowhere when absent."""


@dataclass(frozen=True)
class UnitConfig:
    """One unit with one camera."""

    unit: Name
    """The unit's name, as its certificate has it."""
    camera: Name
    """Its camera's name, as assignments have it."""
    hub_url: Annotated[str, Pattern(r"https://[A-Za-z0-9.:\[\]-]{1,253}")]
    """The hub's site for units; it may hold an address."""
    hub_host: Host
    """The name in the hub's certificate."""
    mqtt_host: Host
    """The broker's name or address, as its certificate has it."""
    mqtt_port: Port
    """The broker's port for MQTT over TLS."""
    client_id: Annotated[str, Pattern(r"[0-9a-zA-Z_-]{22,64}")]
    """A secret of 128 bits, else another unit's certificate could throw this one off the broker."""
    source: FilmConfig
    """Where pictures come from."""
    ice_addresses: Annotated[tuple[Host, ...], Size(0, 16)]
    """The local addresses that live pictures may leave from."""
    position: Literal["pinned", "unknown"]
    """Where the unit's idea of its place comes from; shown as it is, in the state and in every segment."""
    spool_limit_bytes: Annotated[int, Range(2**20, 2**50)] | None
    """How much the spool may hold; 8 GiB when absent."""

    @property
    def spool_bytes(self) -> int:
        """How much the spool may hold."""
        return self.spool_limit_bytes or SPOOL_LIMIT_BYTES


def read_config(state: Path) -> UnitConfig:
    """The unit's configuration.

    Raises:
        ConfigError: missing, not JSON, or a field that does not fit.
    """
    data = _bytes(state / CONFIG)
    try:
        return build(UnitConfig, json.loads(data))
    except (ContractError, ValueError, RecursionError) as error:
        raise ConfigError(f"{state / CONFIG}: {error}") from error


def draft_config(state: Path, unit: str, camera: str) -> None:
    """Write down what is known before enrolment, which adds the rest; whole or not at all.

    Raises:
        ConfigError: not a name, or there is a configuration already.
    """
    path = state / CONFIG
    check_names(unit, camera)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{CONFIG}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"unit": unit, "camera": camera}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # unlike a rename it replaces nothing
        finally:
            fresh.unlink()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def drafted_names(state: Path) -> tuple[str, str]:
    """Unit and camera, as `draft_config` wrote them down."""
    try:
        draft = json.loads(_bytes(state / CONFIG))
        return str(draft["unit"]), str(draft["camera"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{state / CONFIG}: {error}") from error


def check_names(unit: str, camera: str) -> None:
    """Refuse what the contract does not take for names.

    Raises:
        ConfigError: not a name.
    """
    for what, name in (("unit", unit), ("camera", camera)):
        if not re.fullmatch(_NAME, name, re.ASCII):
            raise ConfigError(f"{what}: not of the form {_NAME}")


def read_anchors(state: Path) -> Anchors:
    """What the unit pinned when it was enrolled.

    Raises:
        ConfigError: missing or altered.
    """
    data = _bytes(state / ANCHORS)
    try:
        return load(Anchors, data.strip())
    except ContractError as error:
        raise ConfigError(f"{state / ANCHORS}: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    if len(data) > FILE_LIMIT:
        raise ConfigError(f"{path}: longer than {FILE_LIMIT} bytes")
    return data
