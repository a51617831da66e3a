# SPDX-License-Identifier: EUPL-1.2
"""Hour keys die here: when their logged due date has passed by the keeper's own clock, and never before.

Somebody asks for it, the worker's sweeper; where nobody does for five minutes, the keeper goes on by itself.

Order: the tombstone, the private half, then the leaf `key.destroyed`. Cut off anywhere, asking again goes on from
there: what is left to do shows in the vault's folder and in the log. Until the leaf stands the key counts as overdue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from contract.authority import RefusedError
from contract.events import Event
from contract.mandate import Keyset
from hub.audit.faults import LogCorruptError, LogUnavailableError
from hub.keeper import checks
from hub.keeper.appender import Appender
from hub.keeper.births import log_birth
from hub.keeper.openers import Openers
from hub.store.vault import GRADE, Tombstone, Vault

UNASKED_US = 300_000_000  # how long past due a key waits to be asked for
LOOK_S = 30.0  # how often it is looked at; also when one that failed is tried again
logger = logging.getLogger(__name__)


class Deaths:
    """Destroys the hour keys of the vault `ring`."""

    def __init__(self, vault: Vault, openers: Openers, appender: Appender, now_us: Callable[[], int]) -> None:
        """All state is the vault's and the log's."""
        self._vault = vault
        self._openers = openers
        self._appender = appender
        self._now_us = now_us
        self._told: set[str] = set()  # keys whose destruction stands in the log
        self._born: dict[str, Tombstone] = {}  # keys whose birth stands in the log, as far as it was read for it
        self._born_to = 0
        self._lock = asyncio.Lock()

    async def destroy(self, name: str, keysets: tuple[Keyset, ...]) -> int:
        """Delete a key's private half and log that; gives the leaf's index, the same when it is asked for again.

        Raises:
            RefusedError: no such key, not due yet, or the disk does not delete it (`keeper.undeleted`).
            LogUnavailableError: it is deleted and that is not logged yet: ask again.
        """
        async with self._lock:
            key = await self._known(name, keysets)
            if key is None:
                raise RefusedError("keeper.key", "the vault does not hold this key, and its loss was not ordered here")
            index = self._appender.known(Event.KEY_DESTROYED, key.digest)
            if index is not None and not self._vault.holds(name):
                self._told.add(name)
                return index
            checks.due(key.due_us, self._now_us())  # before anything is written
            birth = self._appender.leaf(await log_birth(self._appender, key))
            checks.due(int(birth.ids["due"]), self._now_us())  # the log's word, whatever the file says
            try:
                await self._openers.destroy(key)
            except OSError as error:
                logger.error("the due hour key %s is NOT deleted, somebody must look: %s", name, error)
                raise RefusedError("keeper.undeleted", f"the disk does not delete the key: {error.strerror}") from error
            return await self._log(key)

    async def overdue(self, keysets: tuple[Keyset, ...]) -> tuple[str, ...]:
        """The keys that are past due and of whose destruction the log does not know."""
        found = []
        for name in self._vault.names():
            if name in self._told:
                continue
            try:
                if await self._overdue(name, keysets):
                    found.append(name)
            except (OSError, LogUnavailableError, LogCorruptError) as error:
                logger.error("whether key %s is due cannot be seen: %s", name, error)
        return tuple(found)

    async def run(self, keysets: Callable[[], tuple[Keyset, ...]]) -> None:
        """Destroy what nobody asks for, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.unasked(keysets())
            except OSError as error:
                logger.error("the vault cannot be looked through for keys that are due: %s", error)

    async def unasked(self, keysets: tuple[Keyset, ...]) -> None:
        """Destroy each key that has been due for five minutes. What fails is said, and is still overdue."""
        for name in await self.overdue(keysets):
            try:
                key = await self._known(name, keysets)
                if key is None or self._now_us() < key.due_us + UNASKED_US:
                    continue
                index = await self.destroy(name, keysets)
            except (OSError, RefusedError, LogUnavailableError, LogCorruptError) as error:
                logger.error("the due hour key %s is not destroyed, or that is not logged: %s", name, error)
            else:
                logger.warning("nobody asked for five minutes: hour key %s is destroyed, leaf %d", name, index)

    async def _overdue(self, name: str, keysets: tuple[Keyset, ...]) -> bool:
        key = await self._known(name, keysets)
        if key is None:
            logger.error("what the vault holds as %s cannot be read, and neither keyset nor log names it", name)
            return False
        if self._vault.holds(name) or self._appender.known(Event.KEY_DESTROYED, key.digest) is None:
            return key.due_us <= self._now_us()
        self._told.add(name)
        return False

    async def _known(self, name: str, keysets: tuple[Keyset, ...]) -> Tombstone | None:
        """What is known of a key that is or was here: from the vault, else, when its file is torn, from its keyset or
        its birth."""
        living = self._vault.living(name)
        key = living.tombstone if living is not None else self._vault.tombstone(name)
        if key is not None or not self._vault.knows(name):
            return key
        for keyset in keysets:
            for issued in keyset.keys:
                if issued.key == name:
                    return Tombstone(
                        name, keyset.deployment, issued.from_us, issued.layer, issued.due_us, issued.public
                    )
        if name not in self._born:
            await asyncio.to_thread(self._read_births)
        return self._born.get(name)

    def _read_births(self) -> None:
        """Read the log on for births; for a key of which nothing else is left, so that it is seldom done."""
        for index, leaf in self._appender.since(self._born_to):
            self._born_to = index + 1
            if leaf.event == Event.KEY_BORN.value:
                ids = leaf.ids
                hour_us, due_us = int(ids["hour"]), int(ids["due"])
                born = Tombstone(ids["key"], ids["deployment"], hour_us, ids["layer"], due_us, b"", leaf.digest)
                self._born.setdefault(born.key, born)

    async def _log(self, key: Tombstone) -> int:
        index = await self._appender.once(
            Event.KEY_DESTROYED,
            key.digest,
            key=key.key,
            deployment=key.deployment,
            hour=str(key.from_us),
            layer=key.layer,
            due=str(key.due_us),
            grade=GRADE,
        )
        self._told.add(key.key)
        return index
