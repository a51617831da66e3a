# SPDX-License-Identifier: EUPL-1.2
"""What a unit is told about its surroundings: `config.json` in its state folder, written when it is enrolled.

Every field is required unless it says otherwise, unknown fields are refused, and nothing is read from the
environment: what a unit trusts and where it reports must not depend on who starts it. Rooms get values, not this.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from contract.authority import Anchors
from contract.record import ContractError, Name, Pattern, Range, Size, Text, build, load, plain

CONFIG = "config.json"
ANCHORS = "anchors.json"
FILE_LIMIT = 65_536  # bytes

SPOOL_LIMIT_BYTES = 8 * 2**30  # about nine hours of one camera at 2 Mbit/s
FIRMWARE = "flexzicht-edge 0.1.0"

Port = Annotated[int, Range(1, 65535)]
Host = Annotated[str, Pattern(r"[A-Za-z0-9.:-]{1,253}")]


class ConfigError(Exception):
    """The unit's state folder does not say what it must; the text names the file and what is wrong."""


@dataclass(frozen=True)
class FilmConfig:
    """A prepared film that plays in place of a camera, begun this far into it.

    `journal` may be absent; else each picture's number in the film and its emit time are written there, a line each.
    """

    film: Text
    offset_s: Annotated[int, Range(0, 86_400)]
    journal: Text | None


@dataclass(frozen=True)
class UnitConfig:
    """One unit with one camera.

    `hub_url` may hold an address; `hub_host` is then the name in the hub's certificate. `client_id` is a secret of
    128 bits, else another unit's certificate could throw this one off the broker. `ice_addresses` are the local
    addresses that live pictures may leave from; `position` says where the unit's idea of its place comes from.
    `spool_limit_bytes` may be absent: then `SPOOL_LIMIT_BYTES` holds.
    """

    unit: Name
    camera: Name
    hub_url: Annotated[str, Pattern(r"https://[A-Za-z0-9.:\[\]-]{1,253}")]
    hub_host: Host
    mqtt_host: Host
    mqtt_port: Port
    client_id: Annotated[str, Pattern(r"[0-9a-zA-Z_-]{22,64}")]
    source: FilmConfig
    ice_addresses: Annotated[tuple[Host, ...], Size(0, 16)]
    position: Literal["pinned", "unknown"]
    spool_limit_bytes: Annotated[int, Range(2**20, 2**50)] | None

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
    """Write down what is known before enrolment, which adds the rest.

    Raises:
        ConfigError: not a name, or there is a configuration already.
    """
    path = state / CONFIG
    try:
        names = build(_Draft, {"unit": unit, "camera": camera})
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(json.dumps(plain(names), indent=1))
    except ContractError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


@dataclass(frozen=True)
class _Draft:
    unit: Name
    camera: Name


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
