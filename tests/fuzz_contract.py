# SPDX-License-Identifier: EUPL-1.2
"""Fuzzing of every parser of the contract: whatever comes in, ContractError or a value, and nothing else.

    python -m tests.fuzz_contract 1200 [--seed N] [--keep]

Starts from valid input and `tests/corpus/`, changes it by structure, and goes on from whatever reached a line of the
contract or an error that nothing reached before. With `--keep` the smallest inputs that together reach all of it are
written to `tests/corpus/`, one file a target and one input a line in base64; `tests/unit/contract/test_fuzz.py` replays
them. Input that raises anything else is printed, kept in a folder `found` beside them, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import random
import re
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, Self

import contract
from tests.unit.contract.mutation import mutated
from tests.unit.contract.parsing import SEEDS, TARGETS, outcome

CORPUS = Path(__file__).parent / "corpus"
CORPUS_LIMIT = 200_000  # bytes, all files together
INPUT_LIMIT = 16_384  # bytes; a longer input is not kept
ROOM = {"mandate": 45_000}  # bytes of a target's file; where the checks are deep, input is long
POOL_LIMIT = 400  # inputs of one target to start from
REPORT_EVERY_S = 60.0
DEEP = ("mandate", "mandate-later", "chain", "index-row", "segment", "segment-opened", "segment-whole")
WEIGHTS = [10 if name in DEEP else 1 if name.startswith("record-") else 3 for name in TARGETS]
_CONTRACT = str(Path(contract.__file__).parent)
Feature = tuple[Any, ...]


def corpus() -> dict[str, list[bytes]]:
    """The inputs that were kept, by target."""
    return {
        path.stem: [base64.b64decode(line) for line in path.read_text().splitlines()]
        for path in sorted(CORPUS.glob("*.txt"))
        if path.stem in TARGETS
    }


class Fuzzer:
    """Runs targets, and remembers the smallest input for each thing that was reached."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pools: dict[str, list[bytes]] = {name: [] for name in TARGETS}
        self.reached: dict[Feature, tuple[str, bytes]] = {}
        self.found: dict[str, tuple[str, bytes]] = {}
        self.runs = 0
        for name, data in SEEDS.items():
            self.run(name, data)
        for name, inputs in corpus().items():
            for data in inputs:
                self.run(name, data)

    def step(self) -> None:
        """One target, one changed input."""
        name = self.chance.choices(list(TARGETS), WEIGHTS)[0]
        pool = self.pools[name]
        begin = SEEDS[name] if self.chance.random() < 0.5 else self.chance.choice(pool)
        self.run(name, mutated(begin, pool, self.chance))

    def run(self, name: str, data: bytes) -> None:
        """One input through one target."""
        self.runs += 1
        with _Watched() as watched:
            said = outcome(name, data)
        if watched.error is not None:
            self._broke(name, data, watched.error)
            return
        features = {(name, *line) for line in watched.lines} | {(name, _shape(said))}
        new = [feature for feature in features if feature not in self.reached]
        if new and len(self.pools[name]) < POOL_LIMIT:
            self.pools[name].append(data)
        for feature in features:
            if feature in new or len(data) < len(self.reached[feature][1]):
                self.reached[feature] = (name, data)

    def _broke(self, name: str, data: bytes, error: Exception) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        mark = f"{name}: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
        if mark not in self.found or len(data) < len(self.found[mark][1]):
            self.found[mark] = (name, data)
            print(f"FOUND {mark}: {str(error)[:120]}", flush=True)

    def keep(self) -> None:
        """Write the smallest inputs that reach everything, as far as there is room."""
        wanted = {item: 0 for item in self.reached.values()}
        for item in self.reached.values():
            wanted[item] += 1
        kept: dict[str, list[str]] = {}
        for (name, data), _ in sorted(wanted.items(), key=lambda item: len(item[0][1]) / item[1]):
            line = base64.b64encode(data).decode() + "\n"
            size = sum(map(len, kept.get(name, ()))) + len(line)
            if len(data) <= INPUT_LIMIT and size <= _room(name) and data != SEEDS[name]:
                kept.setdefault(name, []).append(line)
        CORPUS.mkdir(exist_ok=True)
        for name, lines in kept.items():
            (CORPUS / f"{name}.txt").write_text("".join(sorted(lines)))

    def keep_found(self) -> None:
        """Write what raised something else."""
        for name, data in self.found.values():
            folder = CORPUS / "found"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)


def _room(name: str) -> int:
    """Bytes that a target's file may have: all together stay within `CORPUS_LIMIT`."""
    return ROOM.get(name, 14_000 if name in DEEP else 1_200 if name.startswith("record-") else 3_500)


class _Watched:
    """Which lines of the contract run inside it, and what it raised: any error, for that is what is looked for."""

    def __init__(self) -> None:
        self.lines: set[Feature] = set()
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        sys.settrace(self._called)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        sys.settrace(None)
        if isinstance(error, Exception):
            self.error = error
        return self.error is not None

    def _called(self, frame: FrameType, event: str, arg: object) -> Any:
        return self._ran if frame.f_code.co_filename.startswith(_CONTRACT) else None

    def _ran(self, frame: FrameType, event: str, arg: object) -> Any:
        if event == "line":
            self.lines.add((frame.f_code.co_name, frame.f_lineno))
        return self._ran


def _shape(said: str) -> str:
    """An error without what differs from input to input."""
    return re.sub(r"'.*'|[0-9a-f]{16,}|\d+", "N", said)[:160]


def main(argv: list[str]) -> int:
    """Fuzz for some seconds; 1 when something else than ContractError came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_contract")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args(argv)
    fuzzer = Fuzzer(arguments.seed)
    ends_s = time.monotonic() + arguments.seconds
    report_s = time.monotonic()
    while time.monotonic() < ends_s:
        fuzzer.step()
        if time.monotonic() >= report_s:
            report_s += REPORT_EVERY_S
            print(f"{fuzzer.runs} runs, {len(fuzzer.reached)} reached, {len(fuzzer.found)} found", flush=True)
    if arguments.keep:
        fuzzer.keep()
    fuzzer.keep_found()
    print(f"{fuzzer.runs} runs, {len(fuzzer.reached)} reached, {len(fuzzer.found)} found")
    return 1 if fuzzer.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
