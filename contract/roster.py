# SPDX-License-Identifier: EUPL-1.2
"""Who may approve, and which keys the hub signs with.

The *roster* is signed by an offline key that units pin. It names the order key and the log key, and gives each
approver a *slot* of three public keys that only printed codes can use. A person's own key (a browser's, later a
passkey) is *bound* to the slot by a signature of one of these three: the *binding*, which is logged. So an
administrator can disable an approver and can never make one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from contract.envelope import Envelope, fingerprint, opened
from contract.record import ContractError, Key, Micros, Name, Range, Size, Text, load

ROSTER = "roster"
BINDING = "binding"


@dataclass(frozen=True)
class Slot:
    """An approver's place: `keys` are one in use and two sealed spares, by counter 0, 1, 2."""

    slot: Name
    name: Text
    keys: Annotated[tuple[Key, ...], Size(3, 3)]


@dataclass(frozen=True)
class Roster:
    """The trust that changes once in years. A higher serial under the same roster key replaces it."""

    serial: Annotated[int, Range(1, 2**31)]
    municipality: Text
    origin: Text
    order_key: Key
    log_key: Key
    slots: Annotated[tuple[Slot, ...], Size(2, 32)]
    issued_at_us: Micros
    demo: bool

    def key_of(self, binding: Binding) -> bytes:
        """The slot key that this binding's code gives.

        Raises:
            ContractError: the roster has no such slot.
        """
        for slot in self.slots:
            if slot.slot == binding.slot:
                return slot.keys[binding.counter]
        raise ContractError(f"the roster has no slot {binding.slot}")


@dataclass(frozen=True)
class Binding:
    """A person's own key for a slot, signed by the slot key with this counter."""

    slot: Name
    counter: Annotated[int, Range(0, 2)]
    key: Key


@dataclass(frozen=True)
class Approver:
    """A slot whose person has a key: what may sign a decision."""

    slot: str
    counter: int
    key: bytes


def read_binding(envelope: Envelope, roster: Roster) -> Binding:
    """A binding whose slot key stands in the roster and signed it.

    Raises:
        ContractError: unknown slot, another slot's key, or no valid signature.
    """
    body = load(Binding, envelope.body)
    return opened(envelope, BINDING, Binding, roster.key_of(body))


def standing_bindings(roster: Roster, bindings: Sequence[tuple[int, Envelope]]) -> Sequence[tuple[int, Envelope]]:
    """Those bindings that decide who may approve: at most one for each slot, by log index.

    Of one (slot, counter) the lowest log index wins, of one slot the highest counter: a stolen code cannot
    replace a key that was bound with it, and a spare code replaces a lost key. A binding that does not hold under this
    roster is passed over: it was made under an earlier one, which had the slot or gave it other keys.

    Args:
        roster: the verified roster.
        bindings: (log index, envelope) in any order.
    """
    chosen: dict[str, tuple[int, int, Envelope]] = {}
    for index, envelope in bindings:
        try:
            body = read_binding(envelope, roster)
        except ContractError:
            continue
        rank = (-body.counter, index)
        held = chosen.get(body.slot)
        if held is None or rank < held[:2]:
            chosen[body.slot] = (*rank, envelope)
    return sorted(((index, envelope) for _, index, envelope in chosen.values()), key=lambda item: item[0])


def approvers(roster: Roster, bindings: Sequence[tuple[int, Envelope]]) -> Mapping[str, Approver]:
    """The keys that may approve, by fingerprint; see `standing_bindings` for which of several counts.

    For whoever is shown the bindings of this very roster and no others, as a unit is.

    Raises:
        ContractError: a binding that does not hold under this roster.
    """
    for _, envelope in bindings:
        read_binding(envelope, roster)
    return bound(roster, bindings)


def bound(roster: Roster, bindings: Sequence[tuple[int, Envelope]]) -> Mapping[str, Approver]:
    """The keys that may approve, by fingerprint, out of every binding that was ever logged."""
    bodies = [read_binding(envelope, roster) for _, envelope in standing_bindings(roster, bindings)]
    return {fingerprint(body.key): Approver(body.slot, body.counter, body.key) for body in bodies}
