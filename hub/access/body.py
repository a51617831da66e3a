# SPDX-License-Identifier: EUPL-1.2
"""The forms that several rooms' bodies are made of: strict, and without what serves them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contract.envelope import Envelope, Signature
from contract.record import build

STRICT = ConfigDict(extra="forbid", strict=True)
DIGEST = r"^[0-9a-f]{64}$"
BASE64 = r"^[A-Za-z0-9+/]*={0,2}$"
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class SignatureBody(BaseModel):
    """One signature of a record: `key` is the SHA-256 of the signer's public key (SPKI)."""

    model_config = STRICT
    alg: str = Field(pattern=r"^(ed25519|es256|webauthn)$")
    key: str = Field(pattern=DIGEST)
    sig: str = Field(pattern=BASE64, max_length=200)

    def signature(self) -> Signature:
        """As the contract has it."""
        return build(Signature, self.model_dump())


class EnvelopeBody(BaseModel):
    """A signed record: `body` holds its exact bytes."""

    model_config = STRICT
    type: str = Field(pattern=r"^[a-z][a-z-]{0,31}$")
    body: str = Field(pattern=BASE64)
    signatures: list[SignatureBody] = Field(max_length=8)

    def envelope(self) -> Envelope:
        """As the contract has it."""
        return build(Envelope, self.model_dump())
