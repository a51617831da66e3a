# SPDX-License-Identifier: EUPL-1.2
"""What a mandate message that holds comes to for this unit. Its parts are signed; how they are put together is not.

- A message that does not hold changes nothing: what stands is held, and its rule is reported. So does one with a
  mandate too broken to say whose it is, for no hub puts one in.
- Else an order that it leaves out is withdrawn, and comes back only with a decision or an assignment that was logged
  after that (`edge.unit.memory`). An older one does not hold ("mandate.withdrawn"), whoever puts it in.
- A stop in it that the order key signed is remembered, whatever becomes of the mandate beside it: it only shortens, so
  it needs no proof that it was logged. One that does not hold makes the mandate beside it one that does not hold.
- A mandate in it that does not hold leaves its deployment's standing orders as they were, and harms no other. But a
  decision that holds by itself ends what stood under the one before it, also where nothing else of its mandate holds.
- The size of the log that the unit remembers and reports, which the hub takes for its ack, moves only with a message
  of which nothing was refused. So no order stands on that the hub holds for withdrawn: it sends again.
"""

from __future__ import annotations

from dataclasses import replace

from contract.authority import Examined, Memory, Order, Refusal, RefusedError
from contract.envelope import opened
from contract.events import Event
from contract.mandate import STOP, Decision, Mandate, MandateMessage, Stop
from contract.record import ContractError, load
from contract.tlog import Leaf
from edge.unit.memory import place, with_ends, with_orders, with_stop, withdrawn_at


def taken_from(message: MandateMessage, examined: Examined, memory: Memory) -> Examined:
    """What a message that holds comes to for a unit that remembered this.

    Raises:
        RefusedError: a mandate in it may be anyone's, so that nothing can be said of any order.
    """
    broken = next((refusal for refusal in examined.refusals if not refusal.deployment), None)
    if broken is not None:
        raise RefusedError(broken.rule, f"a mandate is too broken to say whose it is: {broken.reason}")
    orders: list[Order] = []
    refusals = list(examined.refusals)
    after, unclear = _stopped(message, examined)
    refusals.extend(unclear)
    refused, not_clear = ({refusal.deployment for refusal in some} for some in (refusals, unclear))
    for order in examined.orders:
        undone = _undone(order, message, memory)
        if undone is not None:
            refusals.append(undone)
        elif order.decision.deployment not in not_clear:
            orders.append(order)
    size = after.checkpoint_size
    after = with_ends(after, (order.decision for order in orders))
    after = with_orders(after, {place(order) for order in orders}, refused, size)
    if refusals or size < memory.checkpoint_size:
        after = replace(
            after,
            checkpoint_size=memory.checkpoint_size,
            checkpoint_root=memory.checkpoint_root,
            checkpoint=memory.checkpoint,
        )
    return replace(examined, orders=tuple(orders), refusals=tuple(refusals), memory=after)


def _stopped(message: MandateMessage, examined: Examined) -> tuple[Memory, list[Refusal]]:
    """The memory with the message's stops, and why some do not hold."""
    memory = examined.memory
    refusals: list[Refusal] = []
    for mandate in message.mandates:
        if mandate.stop is None:
            continue
        try:
            stop = opened(mandate.stop, STOP, Stop, examined.roster.order_key)
        except ContractError as error:
            refusals.append(Refusal(_deployment(mandate), "mandate.stop", str(error)))
        else:
            memory = with_stop(memory, stop, mandate.stop.digest)
    return memory, refusals


def _deployment(mandate: Mandate) -> str:
    """Whose it is; a message with a mandate that does not say was refused."""
    return load(Decision, mandate.decision.body).deployment


def _undone(order: Order, message: MandateMessage, memory: Memory) -> Refusal | None:
    """Why an order does not stand again that was withdrawn: nothing of it was signed and logged since."""
    size = withdrawn_at(memory, place(order))
    if size is None or max(index for index, _ in _logged(order, message)) >= size:
        return None
    reason = f"the order at {order.post.name} was withdrawn, and nothing in it was signed since"
    return Refusal(order.decision.deployment, "mandate.withdrawn", reason)


def signed_us(order: Order, message: MandateMessage) -> int:
    """When an order of a message that held was whole: the time of its decision's leaf or its assignment's."""
    return max(at_us for _, at_us in _logged(order, message))


def _logged(order: Order, message: MandateMessage) -> tuple[tuple[int, int], tuple[int, int]]:
    """Place and time of the first leaf of the order's decision, and of its assignment."""
    first: dict[tuple[str, str], tuple[int, int]] = {}
    for logged in message.leaves:
        leaf = Leaf.decode(logged.entry)
        name, found = (leaf.event, leaf.digest), (logged.index, leaf.at_us)
        first[name] = min(found, first.get(name, found))
    decided = first[Event.DECISION_SIGNED.value, order.decision_digest]
    return decided, first[Event.ASSIGNMENT_SIGNED.value, order.assignment_digest]


def newest_us(message: MandateMessage) -> int:
    """Leaves of a message that held are proven: time is past the newest of them."""
    return max((Leaf.decode(leaf.entry).at_us for leaf in message.leaves), default=0)
