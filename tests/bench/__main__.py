# SPDX-License-Identifier: EUPL-1.2
"""`./flexzicht bench NAME [--json] [--seconds N]`: words on stderr, one JSON object on the last line of stdout."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from tests.bench import record, unit
from tests.programs import MissingProgramError

BENCHES: dict[str, Callable[[int], dict[str, object]]] = {
    "unit": unit.measured,
    "record": record.measured,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./flexzicht bench")
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--seconds", type=int, default=30, help="how long each side is measured (default 30)")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON object")
    given = parser.parse_args()
    if not 5 <= given.seconds <= 600:
        parser.error("--seconds takes 5 to 600")
    try:
        figures = BENCHES[given.name](given.seconds)
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
