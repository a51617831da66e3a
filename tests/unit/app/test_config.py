# SPDX-License-Identifier: EUPL-1.2
"""Settings: read from the environment, and unsafe ones are refused at the start."""

from pathlib import Path

import pytest

from hub.config import Settings

STATE = Path("state")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://fz:x@127.0.0.1:5432/fz")
    monkeypatch.setenv("MQTT_URL", "mqtts://127.0.0.1:8884")
    monkeypatch.setenv("FLEXZICHT_ORIGIN", "https://camera.example")
    monkeypatch.setenv("FLEXZICHT_ICE_ADDRESSES", "127.0.0.1, 10.0.0.7")

    settings = Settings(state=STATE)

    assert settings.database == "postgresql+psycopg://fz:x@127.0.0.1:5432/fz"
    assert settings.broker == ("127.0.0.1", 8884)
    assert settings.secure
    assert settings.ice_addresses == ("127.0.0.1", "10.0.0.7")


@pytest.mark.parametrize(
    "origin", ["http://camera.example", "ftp://localhost", "http://localhost/console", "localhost"]
)
def test_an_origin_that_would_show_passwords_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="FLEXZICHT_ORIGIN"):
        Settings(state=STATE, origin=origin)


def test_an_address_that_is_missing_is_named() -> None:
    settings = Settings(state=STATE, database_url="", mqtt_url="mqtt://plain:1883")

    with pytest.raises(ValueError, match="DATABASE_URL"):
        _ = settings.database
    with pytest.raises(ValueError, match="MQTT_URL"):
        _ = settings.broker
