# SPDX-License-Identifier: EUPL-1.2
"""Hour keys are born here: each in a child process of its own, its due date in the log before anyone seals to it.

An hour has no key again once one of its keys has been told to die, nor once a key of it would be due already: what
was filmed then is forgotten, and stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from contract.authority import RefusedError
from contract.events import Event
from contract.mandate import HOUR_US, Decision, HourKey, Keyset
from hub.keeper.appender import Appender
from hub.keeper.checks import hours
from hub.keeper.openers import Openers
from hub.store.vault import Tombstone, Vault, VaultKey

LAYER: Literal["main"] = "main"


class Nursery:
    """Makes the hour keys of a decision. One at a time: a birth is rare, and a box has two cores."""

    def __init__(
        self,
        vault: Vault,
        openers: Openers,
        appender: Appender,
        now_us: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        """Keep keys in `vault`; ids come from `random`."""
        self._vault = vault
        self._openers = openers
        self._appender = appender
        self._now_us = now_us
        self._random = random
        self._lock = asyncio.Lock()

    async def keyset(self, digest: str, order: Decision, serial: int) -> Keyset:
        """A keyset with a key for every hour that the decision needs and that may have one; living keys are used.

        Raises:
            LogUnavailableError: a birth could not be logged; its key is used by nobody.
            OpenerError: no key was made.
            RefusedError: no hour of this decision may have a key.
        """
        async with self._lock:
            living = {(key.from_us, key.layer): key for key in self._vault.of_deployment(order.deployment)}
            forgotten = {(stone.from_us, stone.layer) for stone in self._vault.buried(order.deployment)}
            keys = []
            for hour_us in hours(order):
                due_us = hour_us + order.retention_h * HOUR_US
                if (hour_us, LAYER) in forgotten or due_us <= self._now_us():
                    continue
                key = living.get((hour_us, LAYER))
                if key is None or key.due_us > due_us:
                    key = await self._make(order.deployment, hour_us, due_us)
                await log_birth(self._appender, key.tombstone)
                keys.append(HourKey(key.key, hour_us, LAYER, key.public, key.due_us))
        if not keys:
            raise RefusedError("keeper.keyset", "every hour of this decision is past its retention")
        return Keyset(order.deployment, serial, digest, tuple(keys))

    async def _make(self, deployment: str, hour_us: int, due_us: int) -> VaultKey:
        name = self._random(16).hex()
        public, wrapped = await self._openers.make(name)
        key = VaultKey(name, deployment, hour_us, LAYER, due_us, public, wrapped)
        self._vault.add(key)
        return key


async def log_birth(appender: Appender, key: Tombstone) -> int:
    """The leaf of a key's birth, written if it is not there: what a keeper that was cut off did not come to."""
    return await appender.once(
        Event.KEY_BORN,
        key.digest,
        key=key.key,
        deployment=key.deployment,
        hour=str(key.from_us),
        layer=key.layer,
        due=str(key.due_us),
    )
