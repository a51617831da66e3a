# SPDX-License-Identifier: EUPL-1.2
"""A record on its way from draft to log: one person's signature more, by a key that may sign it."""

from collections.abc import Awaitable, Callable, Mapping

from contract.envelope import Envelope, Signature, signers
from contract.record import ContractError, dump
from hub.access.signin import Person
from hub.problem import ProblemError
from hub.store.approvals import SigningRow
from hub.store.deployments import Deployments, DraftRow

KeyOf = Callable[[Person], Awaitable[str | None]]
"""The fingerprint of the key that a person signs with: the one that they registered, or their slot's."""


async def require_own(key_of: KeyOf, who: Person, signature: Signature) -> None:
    """Refuse a signature by another key than this account's own: who is named is who signed."""
    if signature.key != await key_of(who):
        raise ProblemError("signature-refused", rule="R10", reason="it is not by the key of this account")


def with_signature(envelope: Envelope, signature: Signature, keys: Mapping[str, bytes], unknown: str) -> Envelope:
    """The record with this signature in it, once; it must be valid and by one of these keys.

    Args:
        envelope: the record so far.
        signature: what is added.
        keys: who may sign, by their keys' fingerprints.
        unknown: what to say of another key.
    """
    if signature.key not in keys:
        raise ProblemError("signature-refused", rule="signature.key", reason=unknown)
    if any(known.key == signature.key for known in envelope.signatures):
        return envelope
    try:
        signed = Envelope(envelope.type, envelope.body, (*envelope.signatures, signature))
        valid = signature.key in signers(signed, [keys[signature.key]])
    except ContractError as error:
        raise ProblemError("signature-refused", rule="signature.form", reason=str(error)) from error
    if not valid:
        raise ProblemError("signature-refused", rule="signature.wrong", reason="it does not fit this record")
    return signed


def require_among(signature: Signature, envelope: Envelope) -> None:
    """A record that stands is not changed: only who signed it already may say so again."""
    if all(known.key != signature.key for known in envelope.signatures):
        raise ProblemError("decided-already")


async def keep_signed(
    deployments: Deployments, draft: DraftRow, signed: Envelope, signing: SigningRow | None = None
) -> None:
    """Keep a draft with its new signature; refused when somebody else signed at the same moment."""
    if not await deployments.sign(draft.digest, draft.envelope, dump(signed), signing):
        raise ProblemError("changed-meanwhile")
