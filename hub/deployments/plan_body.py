# SPDX-License-Identifier: EUPL-1.2
"""What a plan holds: the form that people fill in, half of it or all of it, and in it no field for a cause (R15).

Every field may be absent, for a plan is saved while somebody is still writing. Only what could never become right is
refused when it is saved; what is wrong or missing is said by `hub.deployments.rules`, all of it at once.
"""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contract.mandate import Position, View
from contract.record import INTEGER_LIMIT
from hub.access.body import STRICT, Name

CORNERS_LIMIT = 64
Account = Annotated[str, Field(min_length=1, max_length=32)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Prose = Annotated[str, Field(max_length=500)]
Label = Annotated[str, Field(max_length=500, pattern=r"^[^\r\n\t]*$")]
Word = Annotated[str, Field(max_length=16)]
Number = Annotated[int, Field(ge=-INTEGER_LIMIT, le=INTEGER_LIMIT)]


class PositionBody(BaseModel):
    """A place in 1e-7 degree WGS 84."""

    model_config = STRICT
    lat_e7: Annotated[int, Field(ge=-900_000_000, le=900_000_000)]
    lon_e7: Annotated[int, Field(ge=-1_800_000_000, le=1_800_000_000)]

    def position(self) -> Position:
        """As the contract has it."""
        return Position(self.lat_e7, self.lon_e7)


Area = Annotated[list[PositionBody], Field(max_length=CORNERS_LIMIT)]


class ViewBody(BaseModel):
    """Where a camera looks, in thousandths of a degree and millimetres."""

    model_config = STRICT
    azimuth_mdeg: Annotated[int, Field(ge=0, le=359_999)]
    tilt_mdeg: Annotated[int, Field(ge=-90_000, le=90_000)]
    hfov_mdeg: Annotated[int, Field(ge=1_000, le=179_000)]
    height_mm: Annotated[int, Field(ge=0, le=100_000)]

    def view(self) -> View:
        """As the contract has it."""
        return View(self.azimuth_mdeg, self.tilt_mdeg, self.hfov_mdeg, self.height_mm)


class PlanPost(BaseModel):
    """A place for one camera. An empty `area` is the plan's; `width_px` by `height_px` is the picture planned with."""

    model_config = STRICT
    post: Name
    name: Label | None = None
    position: PositionBody | None = None
    area: Area = []
    view: ViewBody | None = None
    width_px: Annotated[int, Field(ge=16, le=20_000)] | None = None
    height_px: Annotated[int, Field(ge=16, le=20_000)] | None = None
    ceiling_px_per_m: Annotated[int, Field(ge=1, le=1500)] | None = None


class PlanEntry(BaseModel):
    """A way into the area, where a sign is to stand (R07)."""

    model_config = STRICT
    entry: Name
    name: Label | None = None
    position: PositionBody | None = None


class PlanWindow(BaseModel):
    """When filming is to be allowed, microseconds UTC: from inclusive, to exclusive."""

    model_config = STRICT
    from_us: Annotated[int, Field(ge=0, le=INTEGER_LIMIT)] | None = None
    to_us: Annotated[int, Field(ge=0, le=INTEGER_LIMIT)] | None = None


class OverrunBody(BaseModel):
    """How often and how long one of the team may prolong a window."""

    model_config = STRICT
    times: Annotated[int, Field(ge=0, le=4)]
    minutes: Annotated[int, Field(ge=0, le=60)]


class PlanTeam(BaseModel):
    """Who places and prolongs: names of accounts; their registered keys come into the decision."""

    model_config = STRICT
    operators: Annotated[list[Account], Field(max_length=16)] = []
    installers: Annotated[list[Account], Field(max_length=16)] = []


class UrgentBody(BaseModel):
    """An urgent plan: by whose mandate, and why it cannot wait."""

    model_config = STRICT
    mandate_holder: Annotated[str, Field(max_length=100)] = ""
    reason: Prose = ""


class PlanBody(BaseModel):
    """A plan for one demonstration: where, when, how sharp, recorded how and why, kept how long, by whom."""

    model_config = ConfigDict(extra="allow", strict=True)  # what is unknown is refused by R15, in words
    regime: Word | None = None
    designation: Id | None = None
    consultation: Annotated[str, Field(max_length=150)] | None = None
    necessity: Prose | None = None
    alternatives: Prose | None = None
    expected_people: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    area: Area = []
    entries: Annotated[list[PlanEntry], Field(max_length=32)] = []
    posts: Annotated[list[PlanPost], Field(max_length=32)] = []
    windows: Annotated[list[PlanWindow], Field(max_length=32)] = []
    overrun: OverrunBody | None = None
    recording: Word | None = None
    recording_reason: Prose | None = None
    prebuffer_s: Number | None = None
    on_link_loss: Word | None = None
    retention_h: Number | None = None
    offline_grace_s: Number | None = None
    team: PlanTeam | None = None
    max_units: Number | None = None
    floor_px_per_m: Annotated[int, Field(ge=1, le=1500)] | None = None
    ceiling_px_per_m: Annotated[int, Field(ge=1, le=1500)] | None = None
    urgent: UrgentBody | None = None


def body_of(written: str) -> PlanBody:
    """A body as it was saved; one of an older hub is read as far as it goes."""
    known = {name: value for name, value in json.loads(written).items() if name in PlanBody.model_fields}
    return PlanBody.model_validate(known)


def said(body: PlanBody) -> str:
    """A body as it is saved."""
    return body.model_dump_json(exclude_none=True)
