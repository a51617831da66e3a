# SPDX-License-Identifier: EUPL-1.2
"""`flexzicht-edge init`, cut at any step: the next one makes a whole unit, and a unit that stands is left alone."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from edge import __main__ as edge
from edge.unit import identity, memory
from tests.integration.standalone.conftest import Machine

STEPS = 12  # more than it has


class CutError(BaseException):
    """The process is gone."""


def init(state: Path, unit: str = "unit-1") -> int:
    return edge.main(["init", "--state", str(state), "--unit", unit, "--camera", "camera-1"])


def cut(patch: pytest.MonkeyPatch, at: int) -> list[str]:
    """Cut at the step of this number, before it is done."""
    done: list[str] = []

    def step(where: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(where, name)

        def counted(*arguments: Any, **more: Any) -> Any:
            if len(done) == at:
                raise CutError
            done.append(name)
            return original(*arguments, **more)

        patch.setattr(where, name, counted)

    step(identity, "create_file")
    step(memory, "create_file")
    step(edge, "draft_config")
    step(os, "link")
    step(edge, "sync_folder")
    step(shutil, "rmtree")
    return done


def whole(state: Path) -> bool:
    """The request is by the key that lies there, and nothing else does."""
    if {path.name for path in state.iterdir()} != {"config.json", "identity.key", "identity.csr", "memory.json"}:
        return False
    key = identity.read_identity(state, "unit-1").key.public_key()
    request = x509.load_pem_x509_csr((state / "identity.csr").read_bytes())
    return bool(request.public_key() == key)


@pytest.mark.parametrize("at", range(STEPS))
def test_one_that_was_cut_is_completed(tmp_path: Path, at: int) -> None:
    state = tmp_path / "unit-1"
    with pytest.MonkeyPatch.context() as patch:
        done = cut(patch, at)
        try:
            assert init(state) == 0
            assert at > 8  # it has fewer steps than that
        except CutError:
            assert len(done) == at
    if not state.exists() or not whole(state):
        assert init(state) == 0
    assert whole(state)
    assert json.loads((state / "config.json").read_text()) == {"unit": "unit-1", "camera": "camera-1"}


def test_one_that_was_begun_under_another_name_says_so(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, 5)
        with pytest.raises(CutError):
            init(tmp_path)
    assert init(tmp_path, "unit-2") == 2
    assert whole(tmp_path)


def test_a_unit_that_stands_keeps_its_identity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path) == 0
    key = (tmp_path / "identity.key").read_bytes()
    assert init(tmp_path) == 2
    assert "stands already" in capsys.readouterr().err
    assert (tmp_path / "identity.key").read_bytes() == key
    (tmp_path / "config.json").unlink()
    assert init(tmp_path) == 2
    assert (tmp_path / "identity.key").read_bytes() == key


def test_a_name_that_is_none_leaves_nothing(tmp_path: Path) -> None:
    assert init(tmp_path / "unit", "Unit 1") == 2
    assert not (tmp_path / "unit").exists()


async def test_the_machine_goes_on_with_a_unit_that_was_cut(machine: Machine) -> None:
    here = machine()
    folder = here.layout.unit("unit-1")
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, 1)
        with pytest.raises(CutError):
            init(folder)
    await here.prepare()
    os.close(here.held)
    assert json.loads((folder / "config.json").read_text())["mqtt_host"] == "127.0.0.1"
