# SPDX-License-Identifier: EUPL-1.2
"""The API for signs: photos of them by who stands before them, and what still lacks one."""

import base64
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from contract.record import INTEGER_LIMIT
from hub.access.body import STRICT
from hub.access.signin import Placer
from hub.deployments.photos import PHOTO_LIMIT
from hub.deployments.plan_body import PositionBody
from hub.deployments.sign_rule import Signed
from hub.deployments.signs import Photo, Signposting
from hub.problem import ProblemError
from hub.store.signs import SignRow

PHOTO_TEXT_LIMIT = (PHOTO_LIMIT + 2) // 3 * 4
PhotoPath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class NewSign(BaseModel):
    """A photo of the sign at a way in: JPEG in base64, 1 MB at most."""

    model_config = STRICT
    entry: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    taken_at_us: Annotated[int, Field(ge=0, le=INTEGER_LIMIT)]
    position: PositionBody | None = None
    photo: Annotated[str, Field(max_length=PHOTO_TEXT_LIMIT)]


class SignView(BaseModel):
    """A photo of a sign; it lies at /v1/deployments/{deployment}/signs/{photo}."""

    photo: str
    taken_at_us: int
    position: PositionBody | None
    taken_by: str
    kept_at_us: int


class EntranceView(BaseModel):
    """A way into the area; without a photo of its sign nothing films (R07)."""

    entry: str
    name: str
    position: PositionBody
    signs: list[SignView]


class SignRoutes:
    """Thin over `Signposting`."""

    def __init__(self, signposting: Signposting) -> None:
        self._signposting = signposting

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1/deployments/{deployment}/signs", tags=["deployments"])
        router.add_api_route("", self.take, methods=["POST"], status_code=201)
        router.add_api_route("", self.show, methods=["GET"])
        router.add_api_route("/{photo}", self.photo, methods=["GET"], response_model=None)
        return router

    async def take(self, deployment: UUID, asked: NewSign, who: Placer) -> list[EntranceView]:
        """Keep a photo of the sign at a way in; the answer says which still lack one."""
        try:
            data = base64.b64decode(asked.photo, validate=True)
        except ValueError as error:  # binascii.Error, or a letter that is not ASCII
            raise ProblemError("photo-refused", rule="R07", reason="it is not base64") from error
        place = None if asked.position is None else asked.position.position()
        photo = Photo(asked.entry, asked.taken_at_us, place, data)
        return [_entrance(each) for each in await self._signposting.take(str(deployment), photo, who.name)]

    async def show(self, deployment: UUID, who: Placer) -> list[EntranceView]:
        """The ways in, each with the photos of its sign."""
        return [_entrance(each) for each in await self._signposting.of(str(deployment))]

    async def photo(self, deployment: UUID, photo: PhotoPath, who: Placer) -> Response:
        """One photo."""
        found = await self._signposting.photo(str(deployment), photo)
        return Response(found, media_type="image/jpeg")


def _entrance(each: Signed) -> EntranceView:
    at = each.entrance.position
    return EntranceView(
        entry=each.entrance.entry,
        name=each.entrance.name,
        position=PositionBody(lat_e7=at.lat_e7, lon_e7=at.lon_e7),
        signs=[_sign(row) for row in each.photos],
    )


def _sign(row: SignRow) -> SignView:
    known = row.lat_e7 is not None and row.lon_e7 is not None
    return SignView(
        photo=row.photo,
        taken_at_us=row.taken_at_us,
        position=PositionBody(lat_e7=row.lat_e7 or 0, lon_e7=row.lon_e7 or 0) if known else None,
        taken_by=row.taken_by,
        kept_at_us=row.kept_at_us,
    )
