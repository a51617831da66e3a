# SPDX-License-Identifier: EUPL-1.2
"""The municipality's policy: what holds where a plan says nothing, and what an urgent plan still owes afterwards.

Nothing here is asked of an urgent plan, so what is chosen is what weighs least on people: live pictures alone, nothing
recorded, filming stops with the link. In any other plan recording and the link are for somebody to choose.
"""

from collections.abc import Sequence
from typing import Any

from contract.mandate import Position
from hub.deployments.geometry import middle
from hub.deployments.plan_body import (
    OverrunBody,
    PlanBody,
    PlanEntry,
    PlanPost,
    PlanTeam,
    PlanWindow,
    PositionBody,
    UrgentBody,
    ViewBody,
)
from hub.deployments.regimes import REGIMES
from hub.store.law import DesignationRow

OVERRUN = OverrunBody(times=2, minutes=30)
OFFLINE_GRACE_S = 3600
RETENTION_H = 168
CEILING_PX_PER_M = 250  # IEC 62676-4:2025, characterize
FLOOR_PX_PER_M = 40  # outline
PICTURE_PX = (1920, 1080)

MINUTE_US = 60_000_000  # an urgent window begins at a whole one, as people say it
URGENT_WINDOW_H = 24  # the duties are done by then, or it is over
DUTY_WITHIN_US = 24 * 3_600_000_000
URGENT_POSTS = 4
# What such a post films from a lamp post at 5 m, looking down: people within some 15 m.
URGENT_TILT_MDEG, URGENT_HFOV_MDEG, URGENT_HEIGHT_MM = 45_000, 66_000, 5_000


def owed(body: PlanBody, designation: DesignationRow | None) -> list[str]:
    """What an urgent plan, as it was written, still owes within 24 hours: to publish its designation, to consult the
    public prosecutor, to write down what else was weighed, where the cameras hang, and which ways lead in (R07)."""
    if body.urgent is None:
        return []
    done = {
        "publication": designation is not None and designation.publication is not None,
        "consultation": bool((body.consultation or "").strip()),
        "alternatives": bool((body.alternatives or "").strip()),
        "posts": bool(body.posts),
        "entries": bool(body.entries),
    }
    return [duty for duty, is_done in done.items() if not is_done]


def filled(body: PlanBody, area: Sequence[Position], now_us: int) -> PlanBody:
    """The plan with what policy says where it says nothing. `area` is its designation's, empty while there is none."""
    if body.urgent is not None:
        body = body.model_copy(update=_urgent(body, body.urgent, area, now_us))
    regime = REGIMES.get(body.regime or "")
    said: dict[str, Any] = {
        "area": body.area or [PositionBody(lat_e7=place.lat_e7, lon_e7=place.lon_e7) for place in area],
        "overrun": body.overrun or OVERRUN,
        "team": body.team or PlanTeam(),
        "prebuffer_s": body.prebuffer_s or 0,
        "retention_h": _or(body.retention_h, RETENTION_H if regime is None else regime.retention_h),
        "offline_grace_s": _or(body.offline_grace_s, OFFLINE_GRACE_S),
        "max_units": _or(body.max_units, max(1, len(body.posts))),
        "floor_px_per_m": body.floor_px_per_m or FLOOR_PX_PER_M,
        "ceiling_px_per_m": body.ceiling_px_per_m or CEILING_PX_PER_M,
    }
    said["posts"] = [_post(post, said["ceiling_px_per_m"]) for post in body.posts]
    return body.model_copy(update=said)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _post(post: PlanPost, ceiling: int) -> PlanPost:
    width, height = PICTURE_PX
    return post.model_copy(
        update={
            "name": post.name or post.post,
            "width_px": post.width_px or width,
            "height_px": post.height_px or height,
            "ceiling_px_per_m": min(post.ceiling_px_per_m or ceiling, ceiling),
        }
    )


def _urgent(body: PlanBody, urgent: UrgentBody, area: Sequence[Position], now_us: int) -> dict[str, Any]:
    """What is not asked of an urgent plan."""
    outline = [place.position() for place in body.area] or list(area)
    windows = [
        window
        if window.from_us is not None
        else PlanWindow(from_us=now_us // MINUTE_US * MINUTE_US, to_us=window.to_us)
        for window in body.windows
    ]
    return {
        "necessity": body.necessity or urgent.reason,
        "recording": body.recording or "none",
        "on_link_loss": body.on_link_loss or "stop",
        "windows": windows,
        "entries": body.entries or _entries(outline),
        "posts": body.posts or _posts(outline),
    }


def _entries(outline: Sequence[Position]) -> list[PlanEntry]:
    if not outline:
        return []
    at = PositionBody(lat_e7=outline[0].lat_e7, lon_e7=outline[0].lon_e7)
    return [PlanEntry(entry="entry-1", name="1", position=at)]


def _posts(outline: Sequence[Position]) -> list[PlanPost]:
    """Cameras from one place in the middle, to all sides: where else is for who hangs them to say."""
    if not outline:
        return []
    place = middle(outline)
    at = PositionBody(lat_e7=place.lat_e7, lon_e7=place.lon_e7)
    return [
        PlanPost(
            post=f"post-{n + 1}",
            position=at,
            view=ViewBody(
                azimuth_mdeg=n * 360_000 // URGENT_POSTS,
                tilt_mdeg=URGENT_TILT_MDEG,
                hfov_mdeg=URGENT_HFOV_MDEG,
                height_mm=URGENT_HEIGHT_MM,
            ),
        )
        for n in range(URGENT_POSTS)
    ]
