# SPDX-License-Identifier: EUPL-1.2
"""What a plan's views show, counted apart from everything else: one at a time, and once for the same posts and town.

It takes seconds of a processor, and sign-in takes threads too: whoever has plans checked holds up no other request.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from hub.deployments import footprints
from hub.deployments.coverage import Coverage, Obstacle
from hub.deployments.finding import Finding
from hub.deployments.rules import Asked

KEPT = 64  # plans whose numbers are remembered
DEPENDS_ON = {"area", "posts", "floor_px_per_m", "ceiling_px_per_m"}
Shown = tuple[Coverage | None, list[Finding]]


class Checks:
    """Counts in a thread of its own."""

    def __init__(self, obstacles: Callable[[], Sequence[Obstacle]]) -> None:
        """`obstacles` gives the same sequence again while the town is the same."""
        self._obstacles = obstacles
        self._thread = ThreadPoolExecutor(1, "checks")
        self._town: Sequence[Obstacle] = ()
        self._kept: OrderedDict[str, Shown] = OrderedDict()

    async def shown(self, asked: Asked) -> Shown:
        """The coverage of a plan, and what is wrong with its views."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._shown, asked)

    def _shown(self, asked: Asked) -> Shown:
        town = self._obstacles()
        if town is not self._town:
            self._town = town
            self._kept.clear()
        of = asked.body.model_dump_json(include=DEPENDS_ON)
        if of not in self._kept:
            self._kept[of] = footprints.shown(asked, town)
        self._kept.move_to_end(of)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[of]
