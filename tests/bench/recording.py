# SPDX-License-Identifier: EUPL-1.2
"""One process that records so many cameras until it is ended: what `bench record` measures, with nothing beside it.

`python -m tests.bench.recording FILM CAMERAS FOLDER`: each camera plays the film from another second, sealed by the
product's own recorder into one spool in FOLDER.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

from contract.mandate import Window
from edge.capture.camera import Camera
from edge.capture.file import FilmSource
from edge.recorder.ledger import Ledger
from edge.recorder.outbox import Under
from edge.recorder.recorder import Recorder
from edge.recorder.recording import Recording, Terms
from edge.recorder.spool import Spool
from edge.unit.clock import UnitClock
from edge.unit.identity import make_film_key
from tests.simulated_hub import SimulatedHub
from tests.unit.edge.unit import IDENTITY, NAME, START_ID, order

SECOND_US = 1_000_000


def record(film: Path, cameras: int, folder: Path) -> None:
    """Record until SIGTERM."""
    clock = UnitClock()
    now_us = clock.now_us()
    spool = Spool(folder, 2**40)
    spool.durability.start()
    running = []
    for number in range(cameras):
        name = f"cam-{number}"
        hub = SimulatedHub(now_us, NAME, camera=name)
        hub.order(windows=(Window(now_us, now_us + 3600 * SECOND_US),))
        mine = order(hub)
        window = mine.decision.windows[0]
        film_key = make_film_key(IDENTITY, mine.decision_digest, START_ID, now_us, os.urandom)
        terms = Terms(
            order=mine,
            hour_key=mine.hour_key,
            ends_us=partial(int, window.to_us),
            film=film_key,
            numbers=itertools.count(),
            marks=lambda: ("demo",),
            checkpoint=hub.checkpoint,
            clock=clock.state,
            random=os.urandom,
        )
        under = Under(mine.decision.deployment, mine.decision_digest, mine.assignment_digest, window)
        ledger = Ledger(spool, NAME.unit, name, under, film_key, "no-picture")
        recorder = Recorder(Recording(terms, ledger, spool, lambda waiting: None))
        recorder.start()
        source = FilmSource(
            film, now_us=clock.now_us, monotonic_ns=clock.monotonic_ns, start_offset_us=number * SECOND_US
        )
        camera = Camera(source, [recorder])
        camera.start(monotonic_ns=clock.monotonic_ns, random=random.random)
        running.append((camera, recorder))
        time.sleep(1 / cameras)  # cameras do not keep step
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    for camera, recorder in running:
        camera.stop()
        if not recorder.stop(5) or recorder.failure:
            print(f"not whole: {recorder.failure}", file=sys.stderr)
    spool.durability.stop()


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
