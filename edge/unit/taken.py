# SPDX-License-Identifier: EUPL-1.2
"""What a mandate message that holds comes to for this unit. Its parts are signed; how they are put together is not.

- A message that does not hold changes nothing: what stands is held, and its rule is reported. So does one with a
  mandate too broken to say whose it is, for no hub puts one in.
- Else an order that it leaves out is withdrawn, and comes back only with a decision or an assignment that was logged
  after that (`edge.unit.memory`). An older one does not hold ("mandate.withdrawn"), whoever puts it in.
- A mandate in it that does not hold leaves its deployment's standing orders as they were, and harms no other.
- The size of the log that the unit remembers and reports, which the hub takes for its ack, moves only with a message
  of which nothing was refused. So no order stands on that the hub holds for withdrawn: it sends again.
"""

from __future__ import annotations

from dataclasses import replace

from contract.authority import Examined, Memory, Order, Refusal, RefusedError
from contract.events import Event
from contract.mandate import MandateMessage
from contract.tlog import Leaf
from edge.unit.memory import place, with_orders, withdrawn_at


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
    for order in examined.orders:
        undone = _undone(order, message, memory)
        if undone is None:
            orders.append(order)
        else:
            refusals.append(undone)
    refused = {refusal.deployment for refusal in examined.refusals}
    size = examined.memory.checkpoint_size
    after = with_orders(examined.memory, {place(order) for order in orders}, refused, size)
    if refusals or size < memory.checkpoint_size:
        after = replace(
            after,
            checkpoint_size=memory.checkpoint_size,
            checkpoint_root=memory.checkpoint_root,
            checkpoint=memory.checkpoint,
        )
    return replace(examined, orders=tuple(orders), refusals=tuple(refusals), memory=after)


def _undone(order: Order, message: MandateMessage, memory: Memory) -> Refusal | None:
    """Why an order does not stand again that was withdrawn: nothing of it was signed and logged since."""
    size = withdrawn_at(memory, place(order))
    if size is None:
        return None
    first: dict[tuple[str, str], int] = {}
    for logged in message.leaves:
        leaf = Leaf.decode(logged.entry)
        name = (leaf.event, leaf.digest)
        first[name] = min(logged.index, first.get(name, logged.index))
    decided = first[Event.DECISION_SIGNED.value, order.decision_digest]
    assigned = first[Event.ASSIGNMENT_SIGNED.value, order.assignment_digest]
    if max(decided, assigned) >= size:
        return None
    reason = f"the order at {order.post.name} was withdrawn, and nothing in it was signed since"
    return Refusal(order.decision.deployment, "mandate.withdrawn", reason)


def newest_us(message: MandateMessage) -> int:
    """Leaves of a message that held are proven: time is past the newest of them."""
    return max((Leaf.decode(leaf.entry).at_us for leaf in message.leaves), default=0)
