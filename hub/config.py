# SPDX-License-Identifier: EUPL-1.2
"""The hub's settings: one frozen object a process, from its environment and its command line.

Rooms get values, never this object; only the composition roots in `hub.app` and `hub.__main__` read it. Where things
lie in the state folder is `hub.layout`'s to say.
"""

import hashlib
import os
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
    tiles_url: str = ""
    """`FLEXZICHT_TILES_URL`: pictures to plan on, in Web Mercator, with {z}, {x} and {y}; empty: nobody is asked. PDOK:
    `https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/standaard/EPSG:3857/{z}/{x}/{y}.png`."""
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
        tiles = urlsplit(self.tiles_url)
        if self.tiles_url and not (
            tiles.scheme in ("http", "https") and all(part in self.tiles_url for part in ("{z}", "{x}", "{y}"))
        ):
            raise ValueError(f"FLEXZICHT_TILES_URL is no address with {{z}}, {{x}} and {{y}}: {self.tiles_url}")
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


class Surroundings(BaseSettings):
    """What the demo finds around it. The servers' addresses, when given, are used instead of embedded ones."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    flexzicht_state: Path | None = None
    """`FLEXZICHT_STATE`: the demo's state folder."""
    xdg_state_home: Path | None = None
    """`XDG_STATE_HOME`: where state goes without it (else ~/.local/state; as root /var/lib/flexzicht)."""
    xdg_cache_home: Path | None = None
    """`XDG_CACHE_HOME`: where prepared films go (else ~/.cache)."""
    database_url: str | None = None
    """`DATABASE_URL`: as above."""
    mqtt_url: str | None = None
    """`MQTT_URL`: as above."""
    tiles_url: str | None = Field(default=None, validation_alias="FLEXZICHT_TILES_URL")
    """`FLEXZICHT_TILES_URL`: as above."""

    @property
    def state(self) -> Path:
        """The demo's state, under a name of this checkout's own: two checkouts do not share keys."""
        if self.flexzicht_state is not None:
            return self.flexzicht_state
        checkout = Path(__file__).resolve().parent.parent
        name = f"{checkout.name}-{hashlib.sha256(os.fsencode(checkout)).hexdigest()[:8]}"
        if os.geteuid() == 0:
            return Path("/var/lib/flexzicht") / name
        return (self.xdg_state_home or Path.home() / ".local" / "state") / "flexzicht" / name

    @property
    def cache(self) -> Path:
        """What can be made again: prepared films."""
        return (self.xdg_cache_home or Path.home() / ".cache") / "flexzicht"

    @property
    def addresses(self) -> dict[str, str]:
        """The servers that stand elsewhere."""
        given = {"DATABASE_URL": self.database_url, "MQTT_URL": self.mqtt_url, "FLEXZICHT_TILES_URL": self.tiles_url}
        return {name: url for name, url in given.items() if url}


def surroundings() -> Surroundings:
    """What stands in the environment."""
    return Surroundings()
