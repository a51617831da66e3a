# SPDX-License-Identifier: EUPL-1.2
"""`./flexzicht bench NAME [--json] [--seconds N]`: words on stderr, one JSON object on the last line of stdout."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from tests.bench import fleet, memory, record, unit, urgent, wall
from tests.programs import MissingProgramError

BENCHES: dict[str, tuple[Callable[[int], dict[str, object]], int]] = {
    "unit": (unit.measured, 30),
    "record": (record.measured, 30),
    "fleet": (fleet.measured, 300),
    "memory": (memory.measured, 1800),
    "wall": (wall.measured, 600),
    "urgent": (urgent.measured, 30),
}
"""By name: what measures, and for how many seconds if nobody says."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./flexzicht bench")
    parser.add_argument("name", choices=BENCHES)
    lengths = ", ".join(f"{name} {seconds}" for name, (_, seconds) in BENCHES.items())
    parser.add_argument("--seconds", type=int, help=f"how long each side is measured ({lengths})")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON object")
    given = parser.parse_args()
    measured, seconds = BENCHES[given.name]
    seconds = seconds if given.seconds is None else given.seconds
    if not 5 <= seconds <= 86_400:
        parser.error("--seconds takes 5 to 86400")
    try:
        figures = measured(seconds)
    except MissingProgramError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if not given.json:
        for name, value in figures.items():
            print(f"{name:36} {value}", file=sys.stderr)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
