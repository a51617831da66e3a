# SPDX-License-Identifier: EUPL-1.2
"""What the keeper confirms to a unit that asks: which of its orders still stand, and how late it is.

The question carries its own evidence: the unit's signature, and a nonce that makes the answer good for this question
alone. What stands is read from the keeper's own records. A unit of which nothing stands is told that: an answer that
names nothing ends filming within a second, where silence would leave the grace. Nothing is logged, so a log that
cannot be written ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.authority import RefusedError
from contract.envelope import enclose, fingerprint, opened
from contract.lease import LEASE, LEASE_LIFE_US, LEASE_REQUEST, Lease, LeaseRequest, Stands
from contract.mandate import Assignment, Decision
from contract.placement import holds, newest
from contract.record import ContractError, load
from hub.keeper import calls
from hub.keeper.endings import Endings
from hub.keeper.shelf import Shelf

STANDS_LIMIT = 64  # a unit holds no more: eight mandates of eight assignments


class Leases:
    """The call `lease`."""

    def __init__(self, order_key: Ed25519PrivateKey, shelf: Shelf, endings: Endings, now_us: Callable[[], int]) -> None:
        """Sign with `order_key`."""
        self._order_key = order_key
        self._shelf = shelf
        self._endings = endings
        self._now_us = now_us
        self._decisions: dict[str, Decision] = {}  # as read, by digest: they never change

    async def lease(self, call: calls.AskLease) -> calls.Signed:
        """Confirm what stands for the unit whose key signed the question."""
        try:
            request = opened(call.request, LEASE_REQUEST, LeaseRequest, call.identity)
        except ContractError as error:
            raise RefusedError("keeper.lease", str(error)) from error
        now_us = self._now_us()
        found = sorted(self._standing(request.unit, fingerprint(call.identity), now_us))
        stands = tuple(order for _, _, order in found[:STANDS_LIMIT])
        lease = Lease(request.unit, request.nonce, stands, now_us, now_us + LEASE_LIFE_US)
        return calls.Signed(enclose(LEASE, lease, self._order_key), None)

    def _standing(self, unit: str, key: str, now_us: int) -> Iterator[tuple[int, str, Stands]]:
        """The orders for this unit's key, each with the start of its next window and its assignment's digest."""
        records = self._shelf.records
        for digest, decision in self._orderable(now_us).values():
            for placed in newest(records.of_deployment(decision.deployment)):
                body = placed.assignment
                mine = (body.unit, body.unit_key) == (unit, key)
                if not mine or not self._in_use(body) or not holds(placed, decision):
                    continue
                course = records.course(decision, body.setup)
                starts_us = [window.from_us for window in course.windows if window.to_us > now_us]
                if body.setup is not None and not starts_us:
                    continue
                stands = Stands(body.deployment, digest, placed.envelope.digest)
                yield min(starts_us, default=now_us), placed.envelope.digest, stands

    def _orderable(self, now_us: int) -> dict[str, tuple[str, Decision]]:
        """Of each deployment the newest decision whose hour keys are born, unless it was stopped or is over.

        As in a unit's mandate message: while the newer one's keys are being made, the older one stands.
        """
        found: dict[str, tuple[str, Decision]] = {}
        born = {keyset.decision for keyset in self._shelf.keysets}
        records = self._shelf.records
        for digest, envelope in records.decisions.items():
            decision = self._decisions.get(digest) or load(Decision, envelope.body)
            self._decisions[digest] = decision
            best = found.get(decision.deployment)
            if digest in born and (best is None or best[1].serial < decision.serial):
                found[decision.deployment] = (digest, decision)
        stops = records.stops
        return {
            deployment: (digest, decision)
            for deployment, (digest, decision) in found.items()
            if now_us < min(decision.last_moment_us, stops.get((deployment, decision.serial), decision.last_moment_us))
        }

    def _in_use(self, placed: Assignment) -> bool:
        try:
            self._endings.require_in_use(placed)
        except RefusedError:
            return False
        return True
