# SPDX-License-Identifier: EUPL-1.2
"""The API for signing in, and for the roster and bindings, whose authority is in the envelope itself."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contract.envelope import Envelope, Signature
from contract.record import build
from hub.access.roster import Rosters
from hub.access.signin import COOKIE, Person, SignedIn, SignIn, calling_address

STRICT = ConfigDict(extra="forbid", strict=True)
DIGEST = r"^[0-9a-f]{64}$"
BASE64 = r"^[A-Za-z0-9+/]*={0,2}$"


class Credentials(BaseModel):
    """What one signs in with."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)


class SignedInPerson(BaseModel):
    """Who is signed in."""

    name: str
    display: str
    role: str
    demo: bool


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


class Logged(BaseModel):
    """A record stands in the log: its digest and its place."""

    digest: str
    log_index: int


class AccessRoutes:
    """Thin over `SignIn` and `Rosters`."""

    def __init__(self, sign_in: SignIn, rosters: Rosters, secure: bool) -> None:
        self._sign_in = sign_in
        self._rosters = rosters
        self._secure = secure

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["access"])
        router.add_api_route("/session", self.open, methods=["POST"], status_code=201)
        router.add_api_route("/session", self.show, methods=["GET"])
        router.add_api_route("/session", self.close, methods=["DELETE"], status_code=204)
        router.add_api_route("/roster", self.publish, methods=["POST"], status_code=201)
        router.add_api_route("/bindings", self.bind, methods=["POST"], status_code=201)
        return router

    async def open(self, credentials: Credentials, request: Request, response: Response) -> SignedInPerson:
        """Sign in."""
        address = calling_address(request)
        token, person = await self._sign_in.open(credentials.name, credentials.password, address)
        response.set_cookie(COOKIE, token, path="/", httponly=True, secure=self._secure, samesite="strict")
        return _shown(person)

    async def show(self, who: SignedIn) -> SignedInPerson:
        """Say who is signed in."""
        return _shown(who)

    async def close(self, who: SignedIn, response: Response) -> None:
        """Sign out."""
        await self._sign_in.close(who)
        response.delete_cookie(COOKIE, path="/", httponly=True, secure=self._secure, samesite="strict")

    async def publish(self, body: EnvelopeBody, who: SignedIn) -> Logged:
        """Take in a roster, signed by the roster key."""
        envelope = body.envelope()
        return Logged(digest=envelope.digest, log_index=await self._rosters.publish(envelope))

    async def bind(self, body: EnvelopeBody, who: SignedIn) -> Logged:
        """Take in a binding, signed by a slot key of the roster."""
        envelope = body.envelope()
        return Logged(digest=envelope.digest, log_index=await self._rosters.bind(envelope))


def _shown(person: Person) -> SignedInPerson:
    return SignedInPerson(name=person.name, display=person.display, role=person.role, demo=person.demo)
