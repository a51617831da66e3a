# SPDX-License-Identifier: EUPL-1.2
"""The keeper's openers: child processes, one per hour key, which alone ever hold a private half.

A key is used and destroyed under one lock: once its destruction has begun no child has it and none is started for it.
At most :data:`LIVING` children live at once, the one that was asked longest ago gives way; each ends by itself after a
minute unasked, and with the keeper.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cryptography

from hub.store.vault import Tombstone, Vault

OPENER = Path(__file__).with_name("opener.py")
DEADLINE_S = 10.0
LIVING = 4  # children; 20 MB each
LINE_LIMIT = 64 * 1024  # of an answer; 64 hexadecimal digits a key


class OpenerError(Exception):
    """An opener child failed: nothing was made or opened. Look at its standard error in the keeper's log."""


class SealedToAnotherError(Exception):
    """The chain key was not sealed to this hour key under these ids."""


class KeyGoneError(Exception):
    """The vault has no such living key."""


class Openers:
    """Owns the vault `ring` and the children. One call at a time."""

    def __init__(self, vault: Vault, kek: bytes) -> None:
        """Use the keys of `vault`, wrapped under `kek` (32 bytes)."""
        self._vault = vault
        self._kek = kek
        self._children: dict[str, Process] = {}  # by key, the one that was asked last at the end
        self._lock = asyncio.Lock()

    async def make(self, name: str) -> tuple[bytes, bytes]:
        """The public half and the wrapped private half of a new key, in a child that has ended."""
        async with self._lock:
            child = await self._start({"key": name})
            try:
                answer = await self._ask(child, None)
            finally:
                await _end(child)
        try:
            return bytes.fromhex(answer["public"]), bytes.fromhex(answer["wrapped"])
        except (KeyError, ValueError) as error:
            raise OpenerError("not an answer of an opener") from error

    async def record_keys(self, name: str, sealed: bytes, info: bytes, records: Sequence[int]) -> tuple[bytes, ...]:
        """mk_i of these records of the segment whose ck_0 was sealed so; in their rising order.

        Raises:
            KeyGoneError: the key was destroyed, or never was here.
            SealedToAnotherError: it does not open with this key.
            OpenerError: the child failed.
        """
        request = {"sealed": sealed.hex(), "info": info.hex(), "records": sorted(records)}
        async with self._lock:
            child = await self._living(name)
            try:
                answer = await self._ask(child, request)
            except BaseException:  # also when the caller goes: an answer must not be read by the next one
                await self._close(name)
                raise
        if "refused" in answer:
            raise SealedToAnotherError(str(answer["refused"]))
        try:
            return tuple(bytes.fromhex(key) for key in answer["keys"])
        except (KeyError, TypeError, ValueError) as error:
            raise OpenerError("not an answer of an opener") from error

    async def destroy(self, left: Tombstone) -> None:
        """End the key's child and delete its private half. Raises OSError as `Vault.destroy` does."""
        async with self._lock:
            await self._close(left.key)
            await asyncio.to_thread(self._vault.destroy, left)

    async def close(self) -> None:
        """End all children."""
        async with self._lock:
            for name in tuple(self._children):
                await self._close(name)

    async def _living(self, name: str) -> Process:
        """The key's child, started if it is not there or has gone to rest."""
        key = self._vault.living(name)
        if key is None:
            raise KeyGoneError(name)
        child = self._children.pop(name, None)
        if child is not None and child.returncode is None:
            self._children[name] = child
            return child
        while len(self._children) >= LIVING:
            await self._close(next(iter(self._children)))
        child = await self._start({"key": name, "wrapped": key.wrapped.hex()})
        self._children[name] = child
        try:
            await self._ask(child, None)  # it says that it is ready
        except BaseException:
            await self._close(name)
            raise
        return child

    async def _start(self, first: dict[str, str]) -> Process:
        site = str(Path(cryptography.__file__).parent.parent)
        argv = (sys.executable, "-I", "-S", str(OPENER), site)
        # Inherited are only the folders that Python itself may have been started from (hub.embedded.interpreter).
        child = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, limit=LINE_LIMIT, close_fds=False)
        _tell(child, {"kek": self._kek.hex(), **first})
        return child

    async def _ask(self, child: Process, request: dict[str, Any] | None) -> dict[str, Any]:
        """Say a line, if there is one to say, and read the answer."""
        assert child.stdin is not None and child.stdout is not None
        try:
            async with asyncio.timeout(DEADLINE_S):
                if request is not None:
                    _tell(child, request)
                await child.stdin.drain()
                answer = json.loads(await child.stdout.readline())
        except (TimeoutError, ValueError, OSError) as error:
            raise OpenerError(f"an opener did not answer, or ended with {child.returncode}") from error
        if not isinstance(answer, dict):
            raise OpenerError("not an answer of an opener")
        return answer

    async def _close(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            await _end(child)


def _tell(child: Process, line: dict[str, Any]) -> None:
    assert child.stdin is not None
    child.stdin.write(json.dumps(line).encode() + b"\n")


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
    await child.wait()
