# SPDX-License-Identifier: EUPL-1.2
"""Without an order that holds there is no picture: none on the disk, none asked for, and not one datagram."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

RULES = {
    "none": "mandate.none",
    "one-signature": "mandate.approvals",
    "bit-roster": "mandate.roster",
    "bit-binding": "mandate.proof",
    "bit-decision": "mandate.form",
    "bit-assignment": "mandate.assignment",
    "bit-keyset": "mandate.keyset",
    "bit-leaf": "mandate.proof",
    "older": "mandate.serial",
    "split": "mandate.log",
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace (unshare --net)")
@pytest.mark.timeout(240)
def test_what_bad_orders_and_an_ended_window_leave_behind() -> None:
    folder = Path(tempfile.mkdtemp(prefix="fz-"))
    folder.chmod(0o755)
    try:
        command = ["unshare", "--net", sys.executable, "-m", "tests.acceptance.alone_in_a_namespace", str(folder)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
        assert ended.returncode == 0, ended.stderr[-3000:]
        seen = json.loads(ended.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    refused, control, after = seen["refused"], seen["control"], seen["after"]
    assert refused["why"] == RULES
    assert [refused[what] for what in ("segments", "puts", "whips", "datagrams")] == [0, 0, 0, 0]
    assert min(control[what] for what in ("segments", "whips", "datagrams")) > 0, "the counters must be able to count"
    assert control["puts"] > 0
    assert [after[what] for what in ("datagrams", "whips", "new", "outside")] == [0, 0, 0, 0]
    assert after["why"] == "window.after"
