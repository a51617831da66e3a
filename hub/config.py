# SPDX-License-Identifier: EUPL-1.2
"""The hub's settings: one frozen object a process, from its environment and its command line.

Rooms get values, never this object; only the composition roots in `hub.app` and `hub.__main__` read it. Where things
lie in the state folder is `hub.layout`'s to say.
"""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NATIVE = "postgresql://"
DRIVER = "postgresql+psycopg://"


class Settings(BaseSettings):
    """What a process of the hub is told. Environment names stand beside each setting that is not a path."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="FLEXZICHT_", extra="ignore", populate_by_name=True)

    state: Path
    """Folder with everything that this hub keeps; `--state`."""
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    """`DATABASE_URL`: PostgreSQL, as `postgresql://user:password@host:port/name`."""
    mqtt_url: str = Field(default="", validation_alias="MQTT_URL")
    """`MQTT_URL`: the broker, as `mqtts://host:port`; the worker shows tls/worker.pem there."""
    origin: str = "http://localhost"
    """`FLEXZICHT_ORIGIN`: where people's browsers find the console, without a path."""
    session_h: int = Field(default=12, ge=1, le=24)
    """`FLEXZICHT_SESSION_H`: hours that a sign-in lasts, a shift with its handover."""
    ice_addresses: Annotated[tuple[str, ...], NoDecode] = ()
    """`FLEXZICHT_ICE_ADDRESSES`: with commas; where units find the media process (empty: every address it has)."""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: dict[str, object]) -> dict[str, object]:
        addresses = given.get("ice_addresses")
        if isinstance(addresses, str):
            given["ice_addresses"] = tuple(part.strip() for part in addresses.split(",") if part.strip())
        return given

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        """Off loopback people's passwords and pictures travel by TLS, or the hub does not start."""
        parts = urlsplit(self.origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            raise ValueError(f"FLEXZICHT_ORIGIN is no origin: {self.origin}")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"FLEXZICHT_ORIGIN needs https off this machine: {self.origin}")
        return self

    @property
    def secure(self) -> bool:
        """Whether cookies are bound to TLS."""
        return self.origin.startswith("https:")

    @property
    def database(self) -> str:
        """The database's address for SQLAlchemy, with the driver named."""
        if not self.database_url:
            raise ValueError("DATABASE_URL is not set")
        return DRIVER + self.database_url.removeprefix(DRIVER).removeprefix(NATIVE)

    @property
    def broker(self) -> tuple[str, int]:
        """Host and port of the broker."""
        parts = urlsplit(self.mqtt_url)
        if parts.scheme != "mqtts" or not parts.hostname:
            raise ValueError("MQTT_URL is not set, or not mqtts://host:port")
        return parts.hostname, parts.port or 8883
