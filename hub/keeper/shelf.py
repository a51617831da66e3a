# SPDX-License-Identifier: EUPL-1.2
"""The keeper's own copies of what it logged: rosters, bindings, decisions, assignments, keysets, stops, overruns,
confirmed necessities.

Trusted, 0700, one file a record, named by its digest. A copy is written before its leaf: a record without a leaf is
ignored at the next start and costs nothing, a leaf without a record could not be answered for. A copy that cannot be
read is set aside, aloud; asked for again, the record is kept again under the leaf that it has. Of a logged roster
nothing less will do: until its copy is back there is no roster in force, rather than an older one. A logged stop holds
without its copy, from when it was logged, and no later one takes its place.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from contract.envelope import Envelope, read
from contract.events import Event
from contract.mandate import ASSIGNMENT, DECISION, KEYSET, STOP, Assignment, Keyset, Stop
from contract.placement import Placed
from contract.record import ContractError, dump, load
from contract.roster import BINDING, ROSTER, Roster
from contract.running import NECESSITY, OVERRUN, Necessity, OverrunTaken
from hub.files import sweep
from hub.keeper.appender import Appender
from hub.keeper.checks import Records
from hub.store.vault import SecretExistsError, create_secret, readable, set_aside

EVENTS = {
    ROSTER: Event.ROSTER_PUBLISHED,
    BINDING: Event.BINDING_MADE,
    DECISION: Event.DECISION_SIGNED,
    ASSIGNMENT: Event.ASSIGNMENT_SIGNED,
    KEYSET: Event.KEYSET_ISSUED,
    STOP: Event.DEPLOYMENT_STOPPED,
    OVERRUN: Event.OVERRUN_TAKEN,
    NECESSITY: Event.NECESSITY_CONFIRMED,
}
logger = logging.getLogger(__name__)
T = TypeVar("T", OverrunTaken, Necessity)


class Shelf:
    """Reads the folder once at start; afterwards memory and folder agree."""

    def __init__(self, folder: Path, appender: Appender, names: Path) -> None:
        """Take in what stands in the folder and in the log; in `names` a file a unit holds its key's fingerprint."""
        self._folder = folder
        self._appender = appender
        self._names = names
        self._roster: Envelope | None = None
        self._bindings: list[tuple[int, Envelope]] = []
        self._decisions: dict[str, Envelope] = {}
        self._assignments: dict[str, Placed] = {}
        self._keysets: dict[str, tuple[int, Envelope, Keyset]] = {}
        self._stops: dict[tuple[str, int], tuple[int, Envelope, Stop]] = {}
        self._stopped_us: dict[str, int] = {}  # by deployment: when the newest stop of any decision of it was logged
        self._overruns: dict[str, OverrunTaken] = {}
        self._necessities: dict[str, Necessity] = {}
        self._lost: set[str] = set()  # logged rosters without a copy
        self._lost_stops: dict[tuple[str, int], int] = {}  # when they were logged
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(folder)
        copies = {path.stem for path in folder.glob("*.json")}
        logged = []
        for path, envelope in readable(folder, read):
            event = EVENTS.get(envelope.type)
            if event is None or path.stem != envelope.digest:
                set_aside(path, "not the record that its name says")
                continue
            copies.discard(path.stem)
            index = appender.known(event, envelope.digest)
            if index is not None:
                logged.append((index, envelope))
        for index, envelope in sorted(logged, key=lambda item: item[0]):
            self.place(envelope, index)
        for digest in copies:
            self._miss(digest)

    def _miss(self, digest: str) -> None:
        """Say which logged record has no copy any more."""
        appender = self._appender
        event = next((event for event in EVENTS.values() if appender.known(event, digest) is not None), None)
        if event is None:
            return
        logger.error("the log holds %s %s and its copy is lost: hand it in again", event.value, digest)
        if event is Event.ROSTER_PUBLISHED:
            self._lost.add(digest)
        elif event is Event.DEPLOYMENT_STOPPED:
            leaf = appender.leaf(appender.known(event, digest) or 0)
            name = (leaf.ids["deployment"], int(leaf.ids["serial"]))
            self._lost_stops[name] = min(leaf.at_us, self._lost_stops.get(name, leaf.at_us))
            self._stopped(name[0], leaf.at_us)

    @property
    def records(self) -> Records:
        """What was logged, for the checks."""
        return Records(
            roster=None if self._lost else self._roster,
            bindings=tuple(self._bindings),
            decisions=self._decisions,
            assignments=self._assignments,
            stops=self._ends,
            stopped_us=self._stopped_us,
            unit_key=self.unit_key,
            overruns=_by_decision(self._overruns.values()),
            necessities=_by_decision(self._necessities.values()),
        )

    @property
    def _ends(self) -> dict[tuple[str, int], int]:
        """When filming ends under what was stopped: by the earliest stop, of which a lost one counts from its leaf."""
        ends = {name: stop.ends_at_us for name, (_, _, stop) in self._stops.items()}
        lost = {name: min(ends_us, ends.get(name, ends_us)) for name, ends_us in self._lost_stops.items()}
        return ends | lost

    @property
    def keysets(self) -> tuple[Keyset, ...]:
        """Every keyset issued."""
        return tuple(keyset for _, _, keyset in self._keysets.values())

    def keyset(self, deployment: str) -> tuple[int, Envelope, Keyset] | None:
        """The newest keyset of a deployment, with its log index."""
        own = [item for item in self._keysets.values() if item[2].deployment == deployment]
        return max(own, key=lambda item: item[2].serial, default=None)

    def stop(self, deployment: str, serial: int) -> tuple[int, Envelope, Stop] | None:
        """The earliest stop of the decision with this serial, with its log index."""
        return self._stops.get((deployment, serial))

    def unit_key(self, unit: str) -> str | None:
        """The fingerprint of the key that this name is of; None where the name is nobody's."""
        try:
            return (self._names / unit).read_bytes().decode("ascii", "replace")
        except FileNotFoundError:
            return None

    def holds(self, envelope: Envelope) -> bool:
        """Whether this record is taken in already."""
        if envelope.type == ROSTER:
            return envelope.digest not in self._lost
        if envelope.type == BINDING:
            return any(envelope.digest == known.digest for _, known in self._bindings)
        running = envelope.digest in self._overruns or envelope.digest in self._necessities
        return running or envelope.digest in self._decisions or envelope.digest in self._assignments

    def write(self, envelope: Envelope) -> None:
        """Keep a copy, durably, before it is logged. One that is there may have other signatures, as good as these."""
        path = self._folder / f"{envelope.digest}.json"
        with contextlib.suppress(SecretExistsError):
            create_secret(path, dump(envelope))
            return
        try:
            if read(path.read_bytes()).digest == envelope.digest:
                return
        except ContractError as error:
            logger.warning("a copy that was cut off is made again: %s", error)
        set_aside(path, "not the record that its name says")
        create_secret(path, dump(envelope))

    def place(self, envelope: Envelope, index: int) -> None:
        """Take in a record that is logged."""
        if envelope.type == ROSTER:
            self._place_roster(envelope)
        elif envelope.type == BINDING:
            if not self.holds(envelope):
                self._bindings.append((index, envelope))
        elif envelope.type == STOP:
            self._place_stop(envelope, index)
        elif envelope.type == KEYSET:
            self._keysets[envelope.digest] = (index, envelope, load(Keyset, envelope.body))
        else:
            self._place_signed(envelope, index)

    def _place_signed(self, envelope: Envelope, index: int) -> None:
        """What people sign of a deployment."""
        if envelope.type == DECISION:
            self._decisions[envelope.digest] = envelope
        elif envelope.type == ASSIGNMENT:
            self._assignments[envelope.digest] = Placed(load(Assignment, envelope.body), envelope, index)
        elif envelope.type == OVERRUN:
            self._overruns[envelope.digest] = load(OverrunTaken, envelope.body)
        elif envelope.type == NECESSITY:
            self._necessities[envelope.digest] = load(Necessity, envelope.body)

    def _place_roster(self, envelope: Envelope) -> None:
        serial = load(Roster, envelope.body).serial
        if self._roster is None or load(Roster, self._roster.body).serial <= serial:
            self._roster = envelope
        self._lost.discard(envelope.digest)

    def _place_stop(self, envelope: Envelope, index: int) -> None:
        stop = load(Stop, envelope.body)
        name = (stop.deployment, stop.serial)
        if stop.ends_at_us <= self._lost_stops.get(name, stop.ends_at_us):
            self._lost_stops.pop(name, None)
        standing = self.stop(*name)
        if standing is None or stop.ends_at_us < standing[2].ends_at_us:
            self._stops[name] = (index, envelope, stop)
        self._stopped(stop.deployment, self._appender.leaf(index).at_us)

    def _stopped(self, deployment: str, logged_us: int) -> None:
        self._stopped_us[deployment] = max(logged_us, self._stopped_us.get(deployment, logged_us))


def _by_decision(bodies: Iterable[T]) -> dict[tuple[str, int], list[T]]:
    found: dict[tuple[str, int], list[T]] = {}
    for body in bodies:
        found.setdefault((body.deployment, body.serial), []).append(body)
    return found
