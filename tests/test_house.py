# SPDX-License-Identifier: EUPL-1.2
"""The rules of the house, as tests; `./flexzicht check` runs this file alone."""

import subprocess
import sys


def test_ruff() -> None:
    ran = subprocess.run([sys.executable, "-m", "ruff", "check", ".", "flexzicht"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
