# SPDX-License-Identifier: EUPL-1.2
"""Hour keys are born here: each in a child process of its own, its due date in the log before anyone seals to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from contract.events import Event
from contract.mandate import HOUR_US, Decision, HourKey, Keyset
from contract.record import ContractError
from hub.keeper.checks import hours
from hub.keeper.journal import Journal
from hub.store.vault import Vault, VaultKey

LAYER: Literal["main"] = "main"
OPENER = Path(__file__).with_name("opener.py")
OPENER_DEADLINE_S = 10.0


class OpenerError(Exception):
    """An opener child failed: no key was made. Look at its standard error in the keeper's log."""


class Nursery:
    """Makes the hour keys of a decision. One at a time: a birth is rare, and a box has two cores."""

    def __init__(self, vault: Vault, kek: bytes, journal: Journal, random: Callable[[int], bytes]) -> None:
        """Keep keys in `vault`, wrapped under `kek` (32 bytes); ids come from `random`."""
        self._vault = vault
        self._kek = kek
        self._journal = journal
        self._random = random
        self._lock = asyncio.Lock()

    async def keyset(self, digest: str, order: Decision, serial: int) -> Keyset:
        """A keyset with a key for every hour that the decision needs; keys that live already are used.

        Raises:
            LogUnavailableError: a birth could not be logged; its key is used by nobody.
            OpenerError: no key was made.
        """
        async with self._lock:
            living = {(key.from_us, key.layer): key for key in self._vault.of_deployment(order.deployment)}
            keys = []
            for hour_us in hours(order):
                due_us = hour_us + order.retention_h * HOUR_US
                key = living.get((hour_us, LAYER))
                if key is None or key.due_us > due_us:
                    key = await self._make(order.deployment, hour_us, due_us)
                await self._journal.once(
                    Event.KEY_BORN,
                    hashlib.sha256(key.public).hexdigest(),
                    key=key.key,
                    deployment=order.deployment,
                    hour=str(hour_us),
                    layer=LAYER,
                    due=str(key.due_us),
                )
                keys.append(HourKey(key.key, hour_us, LAYER, key.public, key.due_us))
        return Keyset(order.deployment, serial, digest, tuple(keys))

    async def _make(self, deployment: str, hour_us: int, due_us: int) -> VaultKey:
        name = self._random(16).hex()
        public, wrapped = await self._opener(name)
        key = VaultKey(name, deployment, hour_us, LAYER, due_us, public, wrapped)
        self._vault.add(key)
        return key

    async def _opener(self, name: str) -> tuple[bytes, bytes]:
        site = sysconfig.get_paths()["platlib"]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(OPENER),
            site,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        request = json.dumps({"kek": self._kek.hex(), "key": name}).encode() + b"\n"
        try:
            async with asyncio.timeout(OPENER_DEADLINE_S):
                output, _ = await child.communicate(request)
            answer = json.loads(output)
            return bytes.fromhex(answer["public"]), bytes.fromhex(answer["wrapped"])
        except (TimeoutError, ValueError, KeyError, ContractError) as error:
            raise OpenerError(f"opener ended with {child.returncode}") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
