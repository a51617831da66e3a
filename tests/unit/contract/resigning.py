# SPDX-License-Identifier: EUPL-1.2
"""Records that were changed, signed again: what a faulty or hostile holder of true keys could send.

A mutation that breaks a signature is refused at the signature; only what is signed again reaches the checks behind it.
Signatures are deterministic (RFC 6979 for P-256), so that golden files hold them.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any, TypeGuard

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import tlog
from contract.envelope import PrivateKey, fingerprint, signing_input, spki
from contract.events import PUBLIC_IDS, Event
from contract.record import ContractError, decode, encode
from tests.simulated_hub import ORIGIN, SLOTS, SimulatedHub, ed25519, p256
from tests.unit.contract.records import ME, NOW_US

EVENTS = {
    "roster": Event.ROSTER_PUBLISHED,
    "binding": Event.BINDING_MADE,
    "decision": Event.DECISION_SIGNED,
    "assignment": Event.ASSIGNMENT_SIGNED,
    "keyset": Event.KEYSET_ISSUED,
    "overrun": Event.OVERRUN_TAKEN,
    "necessity": Event.NECESSITY_CONFIRMED,
}
DEPTH = 8


@cache
def keyring() -> dict[str, PrivateKey]:
    """Every key of the tests, by fingerprint."""
    hub = SimulatedHub(NOW_US, ME)
    keys: list[PrivateKey] = [ed25519(name) for name in ("roster", "order", "log", "film")]
    keys += [p256(name) for name in ("unit-1", "operator-1", "operator-2", *SLOTS)]
    keys += [hub.slot_key(slot, counter) for slot in SLOTS for counter in range(3)]
    return {fingerprint(spki(key)): key for key in keys}


def deterministic(message: bytes, key: PrivateKey) -> bytes:
    """The one signature that this key makes here over this message, in the contract's form."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = utils.decode_dss_signature(key.sign(message, algorithm))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def is_envelope(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value has an envelope's form, more or less."""
    return isinstance(value, dict) and value.keys() == {"type", "body", "signatures"} and _texts(value)


def _texts(value: dict[str, Any]) -> bool:
    return isinstance(value["type"], str) and isinstance(value["body"], str) and isinstance(value["signatures"], list)


def resigned(value: Any, depth: int = DEPTH) -> Any:
    """A JSON value with every envelope in it, also inside bodies, signed again by the keys that its signatures name."""
    if depth == 0:
        return value
    if isinstance(value, list):
        return [resigned(item, depth - 1) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: resigned(item, depth - 1) for key, item in value.items()}
    return _signed_again(value, depth) if is_envelope(value) else value


def _signed_again(envelope: dict[str, Any], depth: int) -> dict[str, Any]:
    body = inner(envelope["body"])
    if body is not None:
        envelope["body"] = outer(resigned(body, depth - 1)) or envelope["body"]
    try:
        message = signing_input(envelope["type"], base64.b64decode(envelope["body"]))
    except ValueError:
        return envelope
    for signature in envelope["signatures"]:
        key = keyring().get(str(signature.get("key"))) if isinstance(signature, dict) else None
        if key is not None:
            signature["sig"] = base64.b64encode(deterministic(message, key)).decode()
    return envelope


def inner(text: str) -> Any:
    """The JSON in a base64 body, or None."""
    try:
        return decode(base64.b64decode(text, validate=True))
    except ValueError:
        return None


def outer(value: Any) -> str | None:
    """The reverse; None for what is no canonical JSON."""
    try:
        return base64.b64encode(encode(value)).decode()
    except ContractError:
        return None


def relogged(message: Any) -> Any:
    """A mandate message as JSON, signed again, and the log made anew so that it holds each of its records."""
    message = resigned(message)
    if not isinstance(message, dict) or "mandates" not in message:
        return message
    mandates = message.get("mandates")
    for mandate in mandates if isinstance(mandates, list) else []:
        _keyset_follows(mandate)
    entries, leaves = [], []
    for envelope in _records(message):
        event = EVENTS.get(envelope["type"])
        if event is None:
            continue
        body = base64.b64decode(envelope["body"])
        digest = hashlib.sha256(signing_input(envelope["type"], body)).hexdigest()
        entries.append(_leaf(event, digest, inner(envelope["body"])))
    hashes_ = [tlog.leaf_hash(entry) for entry in entries]

    def read(level: int, index: int) -> bytes:
        return tlog.root(hashes_[index << level : (index + 1) << level])

    for index, entry in enumerate(entries):
        path = [base64.b64encode(node).decode() for node in tlog.inclusion_proof(index, len(entries), read)]
        leaves.append({"index": index, "entry": base64.b64encode(entry).decode(), "path": path})
    checkpoint = tlog.Checkpoint(ORIGIN, len(entries), tlog.tree_root(len(entries), read))
    message["leaves"] = leaves
    message["checkpoint"] = tlog.sign_checkpoint(checkpoint, ed25519("log"))
    return message


def _leaf(event: Event, digest: str, body: Any) -> bytes:
    """The record's entry, with its event's ids; without any where what the body has in their place is none."""
    ids = {name: str(body.get(name)) for name in PUBLIC_IDS[event]} if isinstance(body, dict) else {}
    try:
        return tlog.Leaf(NOW_US, event.value, ids, digest).encode()
    except ContractError:
        return tlog.Leaf(NOW_US, event.value, {}, digest).encode()


def _keyset_follows(mandate: Any) -> None:
    """Let the keyset name the decision as it is now, where both have their form."""
    if not isinstance(mandate, dict):
        return
    decision, keyset = mandate.get("decision"), mandate.get("keyset")
    if not (is_envelope(decision) and is_envelope(keyset) and _decodes(decision["body"])):
        return
    body = inner(keyset["body"])
    if isinstance(body, dict) and "decision" in body:
        named = signing_input(decision["type"], base64.b64decode(decision["body"]))
        body["decision"] = hashlib.sha256(named).hexdigest()
        mandate["keyset"] = resigned({**keyset, "body": outer(body) or keyset["body"]})


def _records(message: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[Any] = [message.get("roster")]
    for name in ("bindings", "mandates"):
        value = message.get(name)
        for item in value if isinstance(value, list) else []:
            found += _parts(item) if isinstance(item, dict) and not is_envelope(item) else [item]
    return [item for item in found if is_envelope(item) and _decodes(item["body"])]


def _parts(mandate: dict[str, Any]) -> list[Any]:
    several = [mandate.get(name) for name in ("assignments", "overruns", "necessities", "swapped")]
    listed = [item for items in several if isinstance(items, list) for item in items]
    return [mandate.get("decision"), *listed, mandate.get("keyset")]


def _decodes(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True
