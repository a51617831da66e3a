# SPDX-License-Identifier: EUPL-1.2
"""The vault `ring` with all that may touch it: births, deaths, and the openers between them."""

from __future__ import annotations

from collections.abc import Callable

from hub.keeper.appender import Appender
from hub.keeper.births import Nursery
from hub.keeper.deaths import Deaths
from hub.keeper.openers import Openers
from hub.store.vault import Vault


class Ring:
    """One vault and its three hands."""

    def __init__(
        self,
        vault: Vault,
        kek: bytes,
        appender: Appender,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        """Put them together over `vault`, whose keys are wrapped under `kek` (32 bytes)."""
        self.openers = Openers(vault, kek)
        self.nursery = Nursery(vault, self.openers, appender, now_us, random)
        self.deaths = Deaths(vault, self.openers, appender, now_us)
