# SPDX-License-Identifier: EUPL-1.2
"""Where state may lie, and a checkout that its programs' users cannot read."""

import os
import shutil
from pathlib import Path

import pytest

from hub.demo.place import UsageError, claim, require_readable, require_state
from hub.embedded.interpreter import interpreter
from hub.layout import Layout
from hub.standalone import CHECKOUT
from hub.users import USERS


@pytest.mark.parametrize("given", ["", "/", str(CHECKOUT), str(CHECKOUT / "hub"), str(CHECKOUT / "hub" / "new")])
def test_what_is_no_place_for_state_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        require_state(given, CHECKOUT)


def test_a_new_an_empty_and_our_own_folder_are_taken(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert require_state(str(state), CHECKOUT) == state
    claim(Layout(state))
    (state / "more").touch()
    assert require_state(str(state), CHECKOUT) == state
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "ports.json").touch()
    require_state(str(tmp_path / "older"), CHECKOUT)
    (tmp_path / "empty").mkdir()
    require_state(str(tmp_path / "empty"), CHECKOUT)
    assert require_state(str(CHECKOUT / "state-of-mine"), CHECKOUT) == CHECKOUT / "state-of-mine"


def test_where_nothing_can_be_made_is_one_line() -> None:
    with pytest.raises(UsageError, match="--state: /proc/x: No such file"):
        claim(Layout(Path("/proc/x")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give programs another user")
@pytest.mark.parametrize("closed", ["", "edge", "edge/config.py"])
def test_a_checkout_that_others_cannot_read_is_refused(tmp_path: Path, closed: str) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "edge", checkout / "edge", ignore=shutil.ignore_patterns("__pycache__"))
    checkout.chmod(0o755)
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    python = interpreter(checkout, ("edge",))
    require_readable(python, USERS["worker"], checkout, ("edge",))
    path = checkout / closed
    path.chmod(path.stat().st_mode & 0o700)
    with pytest.raises(UsageError, match=f"cannot read {path}.*: chmod go.rx {checkout} && chmod -R"):
        require_readable(python, USERS["worker"], checkout, ("edge",))
