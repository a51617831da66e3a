# SPDX-License-Identifier: EUPL-1.2
"""The API for signing in, for people and their keys, and for the roster and bindings, whose authority is in the
envelope itself."""

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from contract.envelope import fingerprint
from contract.record import INTEGER_LIMIT
from hub.access.approvers import Approvers, SlotStatus
from hub.access.body import BASE64, STRICT, EnvelopeBody, SignatureBody
from hub.access.keys import PersonKeys
from hub.access.roster import Rosters
from hub.access.signin import COOKIE, Approver, Placer, SignedIn, SignIn, calling_address
from hub.problem import ProblemError

SPKI = Annotated[str, Field(pattern=BASE64, max_length=300)]


class Credentials(BaseModel):
    """What one signs in with."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)


class SignedInPerson(BaseModel):
    """Who is signed in; `key` is the fingerprint of what they sign with: a registered key, or the slot's bound one."""

    name: str
    display: str
    role: Literal["operator", "approver", "installer", "viewer"]
    demo: bool
    slot: str | None
    key: str | None


class NewKey(BaseModel):
    """A key to sign with (SPKI, base64), and a proof by it: over `flexzicht/person-key/v1`, a newline, and its DER."""

    model_config = STRICT
    key: SPKI
    proof: SignatureBody


class RegisteredKey(BaseModel):
    """How signatures name the key."""

    fingerprint: str


class NewTry(BaseModel):
    """A signature over `flexzicht/signing-try/v1`, a newline, and the canonical JSON of `slot` and `at_us`."""

    model_config = STRICT
    slot: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    at_us: int = Field(ge=0, le=INTEGER_LIMIT)
    signature: SignatureBody


class TeamPerson(BaseModel):
    """Who may be in a team; without a key they cannot sign yet."""

    name: str
    display: str
    role: str
    demo: bool
    key: str | None = Field(description="SPKI, base64")
    fingerprint: str | None


class SlotView(BaseModel):
    """A slot of the roster: its three code keys (SPKI, base64), the first and two spares."""

    slot: str
    name: str
    keys: list[str]


class RosterView(BaseModel):
    """The roster that holds."""

    municipality: str
    origin: str
    serial: int
    demo: bool
    issued_at_us: int
    order_key: str
    log_key: str
    slots: list[SlotView]


class ApproverView(BaseModel):
    """Whether a slot's person can sign: the code that their key was bound with, and when it was last tried."""

    slot: str
    name: str
    person: str | None
    state: Literal["unbound", "bound"]
    counter: int | None
    codes_left: int
    fingerprint: str | None
    last_tried_at_us: int | None


class Logged(BaseModel):
    """A record stands in the log: its digest and its place."""

    digest: str
    log_index: int


@dataclass(frozen=True)
class Rooms:
    """What the routes stand on."""

    sign_in: SignIn
    rosters: Rosters
    approvers: Approvers
    keys: PersonKeys


class AccessRoutes:
    """Thin over `SignIn`, `Rosters`, `Approvers` and `PersonKeys`."""

    def __init__(self, rooms: Rooms, secure: bool) -> None:
        self._sign_in = rooms.sign_in
        self._rosters = rooms.rosters
        self._approvers = rooms.approvers
        self._keys = rooms.keys
        self._secure = secure

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1", tags=["access"])
        router.add_api_route("/session", self.open, methods=["POST"], status_code=201)
        router.add_api_route("/session", self.show, methods=["GET"])
        router.add_api_route("/session", self.close, methods=["DELETE"], status_code=204)
        router.add_api_route("/session/key", self.register_key, methods=["PUT"])
        router.add_api_route("/people", self.people, methods=["GET"])
        router.add_api_route("/approvers", self.approvers, methods=["GET"])
        router.add_api_route("/approvers/tries", self.have_tried, methods=["POST"], status_code=204)
        router.add_api_route("/roster", self.publish, methods=["POST"], status_code=201)
        router.add_api_route("/roster", self.roster, methods=["GET"])
        router.add_api_route("/bindings", self.bind, methods=["POST"], status_code=201)
        return router

    async def open(self, credentials: Credentials, request: Request, response: Response) -> SignedInPerson:
        """Sign in."""
        address = calling_address(request)
        token, person = await self._sign_in.open(credentials.name, credentials.password, address)
        response.set_cookie(COOKIE, token, path="/", httponly=True, secure=self._secure, samesite="strict")
        return await self.show(person)

    async def show(self, who: SignedIn) -> SignedInPerson:
        """Say who is signed in."""
        shown = {"name": who.name, "display": who.display, "role": who.role, "demo": who.demo, "slot": who.slot}
        return SignedInPerson.model_validate({**shown, "key": await self._keys.of(who)})

    async def close(self, who: SignedIn, response: Response) -> None:
        """Sign out."""
        await self._sign_in.close(who)
        response.delete_cookie(COOKIE, path="/", httponly=True, secure=self._secure, samesite="strict")

    async def register_key(self, asked: NewKey, who: Placer) -> RegisteredKey:
        """Sign with this key from now on; it takes the place of an older one."""
        try:
            key = base64.b64decode(asked.key, validate=True)
        except ValueError as error:
            raise ProblemError("invalid-request", where="key", reason="not base64") from error
        return RegisteredKey(fingerprint=await self._keys.register(who, key, asked.proof.signature()))

    async def people(
        self, who: SignedIn, role: Annotated[Literal["operator", "installer"] | None, Query()] = None
    ) -> list[TeamPerson]:
        """Operators and installers, with the keys that a decision's team names."""
        return [
            TeamPerson(
                name=row.name,
                display=row.display,
                role=row.role,
                demo=row.demo,
                key=None if row.key is None else _base64(row.key),
                fingerprint=None if row.key is None else fingerprint(row.key),
            )
            for row in await self._keys.team(role)
        ]

    async def approvers(self, who: SignedIn) -> list[ApproverView]:
        """Who can sign a decision, and when that was last tried."""
        return [_approver(status) for status in await self._approvers.all()]

    async def have_tried(self, asked: NewTry, who: Approver) -> None:
        """Show that this browser can sign for one's own slot. It approves nothing."""
        await self._approvers.have_tried(who, asked.slot, asked.at_us, asked.signature.signature())

    async def roster(self, who: SignedIn) -> RosterView:
        """The roster that holds, verified under the pinned key."""
        held = await self._rosters.current()
        return RosterView(
            municipality=held.municipality,
            origin=held.origin,
            serial=held.serial,
            demo=held.demo,
            issued_at_us=held.issued_at_us,
            order_key=_base64(held.order_key),
            log_key=_base64(held.log_key),
            slots=[SlotView(slot=one.slot, name=one.name, keys=[*map(_base64, one.keys)]) for one in held.slots],
        )

    async def publish(self, body: EnvelopeBody, who: SignedIn) -> Logged:
        """Take in a roster, signed by the roster key."""
        envelope = body.envelope()
        return Logged(digest=envelope.digest, log_index=await self._rosters.publish(envelope))

    async def bind(self, body: EnvelopeBody, who: Approver) -> Logged:
        """Take in the binding of one's own key, signed by a code's key of one's own slot."""
        envelope = body.envelope()
        return Logged(digest=envelope.digest, log_index=await self._rosters.bind(envelope, who.slot))


def _approver(status: SlotStatus) -> ApproverView:
    return ApproverView(
        slot=status.slot,
        name=status.name,
        person=None if status.holder is None else status.holder.display,
        state="unbound" if status.approver is None else "bound",
        counter=None if status.approver is None else status.approver.counter,
        codes_left=status.codes_left,
        fingerprint=status.key,
        last_tried_at_us=status.tried_at_us,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
