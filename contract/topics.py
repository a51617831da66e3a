# SPDX-License-Identifier: EUPL-1.2
"""MQTT topics, `fz/1/<unit>/<what>`: the same functions for sender, receiver and the broker's access list."""

from __future__ import annotations

import re

from contract.record import ContractError

ROOT = "fz/1"
_UNIT = r"[a-z0-9-]{1,32}"  # as `contract.record.Name`: no wildcard, no slash
UP = ("state", "health", "index", "ask")
DOWN = ("mandate", "lease", "publish", "cmd", "ack")
RETAINED = frozenset({"state", "mandate"})


def topic(unit: str, what: str) -> str:
    """The topic on which `unit` says or hears `what`."""
    return f"{ROOT}/{unit}/{what}"


def parse(text: str) -> tuple[str, str]:
    """(unit, what) of a topic.

    Raises:
        ContractError: not one of ours.
    """
    parts = text.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != ROOT or parts[3] not in UP + DOWN:
        raise ContractError("not a topic of ours")
    if not re.fullmatch(_UNIT, parts[2], re.ASCII):
        raise ContractError("a topic of no unit")
    return parts[2], parts[3]
