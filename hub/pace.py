# SPDX-License-Identifier: EUPL-1.2
"""How often something may be done: so many times a minute by each name, evenly or all at once.

Bounded in memory: of more than :data:`NAMES_LIMIT` names the one that was seen longest ago is forgotten, and begins
anew.
"""

from collections import OrderedDict
from collections.abc import Callable

MINUTE_US = 60_000_000
NAMES_LIMIT = 10_000


class Pace:
    """A bucket for each name, full at first; it fills again within a minute."""

    def __init__(self, a_minute: int, now_us: Callable[[], int]) -> None:
        """Let each name do something so often a minute."""
        self._step_us = MINUTE_US // a_minute
        self._now_us = now_us
        self._full_at_us: OrderedDict[str, int] = OrderedDict()  # when each bucket is full again

    def wait_us(self, name: str) -> int:
        """Take one: 0, or how long this name must wait for it, and then nothing is taken."""
        now_us = self._now_us()
        full_us = self._full_at_us.get(name, now_us)
        if full_us > now_us + MINUTE_US:
            full_us = now_us  # the clock was set back, which locks nobody out
        full_us = max(full_us, now_us) + self._step_us
        wait_us = full_us - now_us - MINUTE_US
        if wait_us > 0:
            return wait_us
        self._full_at_us[name] = full_us
        self._full_at_us.move_to_end(name)
        while len(self._full_at_us) > NAMES_LIMIT:
            self._full_at_us.popitem(last=False)
        return 0
