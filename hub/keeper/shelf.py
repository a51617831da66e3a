# SPDX-License-Identifier: EUPL-1.2
"""The keeper's own copies of what it logged: rosters, bindings, decisions, assignments, keysets.

Trusted, 0700, one file a record, named by its digest. A copy is written before its leaf: a record without a leaf is
ignored at the next start and costs nothing, a leaf without a record could not be answered for.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from contract.envelope import Envelope, read
from contract.events import Event
from contract.mandate import ASSIGNMENT, DECISION, KEYSET, Keyset
from contract.record import dump, load
from contract.roster import BINDING, ROSTER, Roster
from hub.keeper.checks import Records
from hub.keeper.journal import Journal
from hub.store.vault import SecretExistsError, create_secret

EVENTS = {
    ROSTER: Event.ROSTER_PUBLISHED,
    BINDING: Event.BINDING_MADE,
    DECISION: Event.DECISION_SIGNED,
    ASSIGNMENT: Event.ASSIGNMENT_SIGNED,
    KEYSET: Event.KEYSET_ISSUED,
}


class Shelf:
    """Reads the folder once at start; afterwards memory and folder agree."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        """Take in what stands in the folder and in the log."""
        self._folder = folder
        self._roster: Envelope | None = None
        self._bindings: list[tuple[int, Envelope]] = []
        self._decisions: dict[str, Envelope] = {}
        self._assignments: dict[str, Envelope] = {}
        self._keysets: dict[str, tuple[int, Envelope, Keyset]] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        logged = []
        for path in folder.glob("*.json"):
            envelope = read(path.read_bytes())
            index = journal.known(EVENTS[envelope.type], envelope.digest)
            if index is not None:
                logged.append((index, envelope))
        for index, envelope in sorted(logged, key=lambda item: item[0]):
            self.place(envelope, index)

    @property
    def records(self) -> Records:
        """What was logged, for the checks."""
        return Records(self._roster, tuple(self._bindings), self._decisions, self._assignments)

    @property
    def keysets(self) -> tuple[Keyset, ...]:
        """Every keyset issued."""
        return tuple(keyset for _, _, keyset in self._keysets.values())

    def keyset(self, deployment: str) -> tuple[int, Envelope, Keyset] | None:
        """The newest keyset of a deployment, with its log index."""
        own = [item for item in self._keysets.values() if item[2].deployment == deployment]
        return max(own, key=lambda item: item[2].serial, default=None)

    def write(self, envelope: Envelope) -> None:
        """Keep a copy, durably, before it is logged."""
        with contextlib.suppress(SecretExistsError):
            create_secret(self._folder / f"{envelope.digest}.json", dump(envelope))

    def place(self, envelope: Envelope, index: int) -> None:
        """Take in a record that is logged."""
        if envelope.type == ROSTER:
            serial = load(Roster, envelope.body).serial
            if self._roster is None or load(Roster, self._roster.body).serial <= serial:
                self._roster = envelope
        elif envelope.type == BINDING:
            if all(envelope.digest != known.digest for _, known in self._bindings):
                self._bindings.append((index, envelope))
        elif envelope.type == DECISION:
            self._decisions[envelope.digest] = envelope
        elif envelope.type == ASSIGNMENT:
            self._assignments[envelope.digest] = envelope
        elif envelope.type == KEYSET:
            self._keysets[envelope.digest] = (index, envelope, load(Keyset, envelope.body))
