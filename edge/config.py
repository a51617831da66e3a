# SPDX-License-Identifier: EUPL-1.2
"""What a unit is told about its surroundings: `config.json` in its state folder, begun at its making, whole when it is
enrolled; and the kit that it is made with: whom it trusts, and where the hub is.

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
from urllib.parse import urlsplit

from contract.authority import Anchors
from contract.record import ContractError, Name, Pattern, Range, Size, Text, build, load

CONFIG = "config.json"
ANCHORS = "anchors.json"
HUB = "hub.json"  # in a kit
SERVER_CA = "server-ca.pem"
FILE_LIMIT = 65_536  # bytes
_NAME = r"[a-z0-9-]{1,32}"  # as `contract.record.Name`

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SPOOL_LIMIT_BYTES = 8 * 2**30  # about nine hours of one camera at 2 Mbit/s
FIRMWARE = "flexzicht-edge 0.1.0"

Port = Annotated[int, Range(1, 65535)]
Url = Annotated[str, Pattern(r"https://[A-Za-z0-9.:\[\]-]{1,253}")]
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
    hub_url: Url
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
    """The local addresses that live pictures may leave from; empty: all but loopback."""
    position: Literal["pinned", "unknown"]
    """Where the unit's idea of its place comes from; shown as it is, in the state and in every segment."""
    spool_limit_bytes: Annotated[int, Range(2**20, 2**50)] | None
    """How much the spool may hold; 8 GiB when absent."""
    door_url: Url | None
    """The hub's door for a unit whose certificate lapsed; absent where nobody is there to let it in."""

    @property
    def spool_bytes(self) -> int:
        """How much the spool may hold."""
        return self.spool_limit_bytes or SPOOL_LIMIT_BYTES


@dataclass(frozen=True)
class HubAddresses:
    """Where units find a municipality's hub."""

    door_url: Url
    """Its door for a unit that has no certificate yet, or one that lapsed."""
    hub_url: Url
    """Its site for units."""
    hub_host: Host
    """The name in its certificate."""
    mqtt_host: Host
    """The broker."""
    mqtt_port: Port
    """The broker's port for MQTT over TLS."""


@dataclass(frozen=True)
class Kit:
    """What whoever makes a unit brings from its municipality, in a folder; nothing in it is secret."""

    hub: HubAddresses
    """`hub.json`."""
    server_ca: bytes
    """`server-ca.pem`: who signs the hub's certificate."""
    anchors: bytes
    """`anchors.json`: whom the unit believes."""


def read_kit(folder: Path) -> Kit:
    """What lies in a kit.

    Raises:
        ConfigError: a file is missing or is not what it must be.
    """
    data = _bytes(folder / HUB)
    try:
        hub = build(HubAddresses, json.loads(data))
    except (ContractError, ValueError, RecursionError) as error:
        raise ConfigError(f"{folder / HUB}: {error}") from error
    read_anchors(folder)
    return Kit(hub, _bytes(folder / SERVER_CA), _bytes(folder / ANCHORS))


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
    """Write down what is known before the ceremony, which adds the rest; whole or not at all.

    Raises:
        ConfigError: not a name, or there is a configuration already.
    """
    check_names(unit, camera)
    _create(state / CONFIG, {"unit": unit, "camera": camera})


def draft_unnamed(state: Path, hub: HubAddresses, film: str, offset_s: int) -> None:
    """Write down what a unit is made with that the hub names; its names come with its certificate.

    Raises:
        ConfigError: there is a configuration already, or the film does not fit.
    """
    source = {"film": film, "offset_s": offset_s}
    beside = urlsplit(hub.hub_url).hostname in LOOPBACK  # the hub is this machine, and takes pictures nowhere else
    addresses = ["127.0.0.1"] if beside else []
    draft = {**vars(hub), "source": source, "ice_addresses": addresses, "position": "unknown"}
    _require(draft, "unit-1", "camera-1", "0" * 32, state / CONFIG)
    _create(state / CONFIG, draft)


def named_config(state: Path, unit: str, camera: str, client_id: str | None) -> bytes:
    """The configuration with the names that the hub gave; a session's secret name that it has already stays.

    Raises:
        ConfigError: it is not whole with them.
    """
    draft = _draft(state)
    secret = str(draft.get("client_id") or client_id or "")
    return _require(draft, unit, camera, secret, state / CONFIG)


def _require(draft: dict[str, object], unit: str, camera: str, client_id: str, path: Path) -> bytes:
    known = {**draft, "unit": unit, "camera": camera, "client_id": client_id}
    try:
        build(UnitConfig, known)
    except ContractError as error:
        raise ConfigError(f"{path}: {error}") from error
    return json.dumps(known, indent=1).encode()


def door_of(state: Path) -> tuple[str, str]:
    """The door's address and the name in the hub's certificate, as far as the unit was made with them.

    Raises:
        ConfigError: it was not.
    """
    draft = _draft(state)
    url, host = draft.get("door_url"), draft.get("hub_host")
    if not isinstance(url, str) or not isinstance(host, str):
        raise ConfigError(f"{state / CONFIG}: door_url: missing; this unit can be certified at the ceremony alone")
    return url, host


def drafted_names(state: Path) -> tuple[str | None, str | None]:
    """Unit and camera, as `draft_config` wrote them down."""
    draft = _draft(state)
    unit, camera = draft.get("unit"), draft.get("camera")
    return None if unit is None else str(unit), None if camera is None else str(camera)


def _draft(state: Path) -> dict[str, object]:
    data = _bytes(state / CONFIG)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{state / CONFIG}: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{state / CONFIG}: not an object")
    return found


def _create(path: Path, content: dict[str, object]) -> None:
    """A configuration where there is none, whole or not at all."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{CONFIG}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # unlike a rename it replaces nothing
        finally:
            fresh.unlink()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


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
