# SPDX-License-Identifier: EUPL-1.2
"""A unit's own program, on a machine that boots each time that it starts: `python -m ...boot STATE DESK`.

Its monotonic clock begins anew, and from its second start on nothing vouches for its wall clock, as on a board that
finds no network. Descriptions of live sessions go past the test's relay, whose desk (a socket) is given. All else is
what ships.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from contract.segment import ClockState
from edge import __main__ as program
from edge.link.upload import HubClient
from edge.unit.clock import UnitClock
from tests.integration.edge.relay import Datagrams

UPTIME_NS = 4_000_000_000  # a board has been up for so long when its agent starts
BOOTED = "booted"


@asynccontextmanager
async def desk(relay: Datagrams, path: Path) -> AsyncIterator[None]:
    """Where a unit's process has its descriptions rewritten."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        what, sdp = json.loads(await reader.readline())
        said = relay.offer(sdp) if what == "offer" else relay.answer(sdp)
        writer.write(json.dumps(said).encode() + b"\n")
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield
    finally:
        server.close()


async def _rewritten(path: Path, what: str, sdp: str) -> str:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(json.dumps([what, sdp]).encode() + b"\n")
    said = str(json.loads(await reader.readline()))
    writer.close()
    return said


def main(state: Path, path: Path) -> int:
    """Boot, and run."""
    began_ns, again = time.monotonic_ns(), (state / BOOTED).exists()
    (state / BOOTED).touch()
    kernel = ClockState("free-running", False, 16_000_000) if again else ClockState("kernel-pll", True, 1500)

    class Relayed(HubClient):
        async def whip(self, camera: str, offer: str) -> str:
            answer = await super().whip(camera, await _rewritten(path, "offer", offer))
            return await _rewritten(path, "answer", answer)

    vars(program)["HubClient"] = Relayed
    vars(program)["UnitClock"] = partial(
        UnitClock,
        monotonic_ns=lambda: UPTIME_NS + time.monotonic_ns() - began_ns,
        kernel=lambda: kernel,
    )
    return program.main(["run", "--state", str(state)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
