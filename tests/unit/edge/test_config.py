# SPDX-License-Identifier: EUPL-1.2
"""The unit's configuration: read whole or refused with the file and the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.record import dump
from edge.config import ANCHORS, CONFIG, SPOOL_LIMIT_BYTES, ConfigError, draft_config, read_anchors, read_config
from tests.unit.contract.records import SAMPLES

GOOD: dict[str, Any] = {
    "unit": "unit-1",
    "camera": "cam-1",
    "hub_url": "https://127.0.0.1:9801",
    "hub_host": "localhost",
    "mqtt_host": "127.0.0.1",
    "mqtt_port": 8883,
    "client_id": "0123456789abcdef0123456789abcdef",
    "source": {"film": "/films/street.mp4", "offset_s": 20},
    "ice_addresses": ["127.0.0.1"],
    "position": "pinned",
}


def written(state: Path, config: object) -> Path:
    (state / CONFIG).write_text(json.dumps(config, indent=2))
    return state


def test_a_configuration_as_people_write_it(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD))
    assert (config.unit, config.mqtt_port, config.source.offset_s) == ("unit-1", 8883, 20)
    assert config.ice_addresses == ("127.0.0.1",)
    assert config.spool_bytes == SPOOL_LIMIT_BYTES
    assert read_config(written(tmp_path, {**GOOD, "spool_limit_bytes": 2**30})).spool_bytes == 2**30


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "Unit 1"),
        ("hub_url", "http://127.0.0.1:9801"),
        ("hub_url", "https://hub/path"),
        ("mqtt_port", 0),
        ("mqtt_port", "8883"),
        ("client_id", "short"),
        ("source", {}),
        ("position", "gnss"),
        ("spool_limit_bytes", 1),
        ("other", 1),
    ],
)
def test_a_field_that_does_not_fit_is_named(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"config\.json: .*{field}"):
        read_config(written(tmp_path, {**GOOD, field: value}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 5000, b" " * 70_000])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CONFIG).write_bytes(content)
    with pytest.raises(ConfigError, match="config.json"):
        read_config(tmp_path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path)


def test_a_draft_names_unit_and_camera_and_is_not_enough(tmp_path: Path) -> None:
    draft_config(tmp_path / "unit-1", "unit-1", "cam-1")
    path = tmp_path / "unit-1" / CONFIG
    assert json.loads(path.read_text()) == {"unit": "unit-1", "camera": "cam-1"}
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError, match="hub_url: missing"):
        read_config(tmp_path / "unit-1")
    with pytest.raises(ConfigError, match="exists"):
        draft_config(tmp_path / "unit-1", "unit-1", "cam-1")
    with pytest.raises(ConfigError, match="camera"):
        draft_config(tmp_path / "unit-2", "unit-2", "../cam")
    assert not (tmp_path / "unit-2").exists()


def test_anchors(tmp_path: Path) -> None:
    (tmp_path / ANCHORS).write_bytes(dump(SAMPLES["anchors"]) + b"\n")
    assert read_anchors(tmp_path) == SAMPLES["anchors"]
    (tmp_path / ANCHORS).write_bytes(b"{}")
    with pytest.raises(ConfigError, match="anchors.json"):
        read_anchors(tmp_path)
