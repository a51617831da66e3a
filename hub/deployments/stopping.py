# SPDX-License-Identifier: EUPL-1.2
"""Filming under a decision is stopped: by one person, at once, with a reason. The order key signs it.

A stop only shortens, so one person may. It names the decision's serial: filming goes on by a newer decision alone,
which takes two again, and a draft that was made after it: one that waits for signatures goes back to who planned it.
Asked again it is the stop that there is, of the same moment; so is what a keeper that could not
be reached is asked the next time. Who and why stands in a table, ids alone in the log.
"""

from collections.abc import Callable
from typing import Protocol

from contract.envelope import Envelope
from contract.mandate import STOP
from contract.record import dump
from hub.deployments.deciding import Deciding
from hub.store.deployments import Deployments, StopRow
from hub.store.records import RecordRow, SignedRecords


class StopSigner(Protocol):
    """The keeper's part."""

    async def stop(self, decision_digest: str, ends_at_us: int) -> tuple[Envelope, int]:
        """The stop of a logged decision, signed by the order key and logged as `deployment.stopped`, and its index."""


class Stopping:
    """The step."""

    def __init__(
        self,
        deployments: Deployments,
        records: SignedRecords,
        deciding: Deciding,
        signer: StopSigner,
        now_us: Callable[[], int],
    ) -> None:
        self._deployments = deployments
        self._records = records
        self._deciding = deciding
        self._signer = signer
        self._now_us = now_us

    async def stop(self, deployment: str, reason: str, who: str) -> None:
        """Stop filming under the decision that stands, now; units that film under it are told.

        Raises:
            ProblemError: there is no such deployment, or nothing was decided.
        """
        stands = await self._deciding.standing(deployment)
        if stands.stop is not None:
            return
        row = StopRow(stands.decided.digest, deployment, reason, who, self._now_us())
        kept = await self._deployments.stop(row)
        envelope, index = await self._signer.stop(kept.decision, kept.ends_at_us)
        await self._deciding.withdraw(deployment, reason, who)
        serial = stands.decision.serial
        record = RecordRow(envelope.digest, STOP, deployment, None, serial, dump(envelope), index, self._now_us())
        await self._records.add(record, notify_all=True)
