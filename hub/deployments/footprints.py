# SPDX-License-Identifier: EUPL-1.2
"""R03: what a plan's cameras show of the ground lies in the area, and R24: how sharp they are at most.

Counted by `hub.deployments.coverage`, without what a person may have meant: a view of which less than 99 per cent lies
inside is refused, and so is one of which no ground can be counted. Ten metres past the border are forgiven, for that is
how exactly a camera is hung and turned. The size of the picture is not signed, so that no plan is judged by a smaller
or a narrower one than the policy's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.deployments.coverage import Camera, Coverage, Obstacle, coverage
from hub.deployments.finding import Finding, refuse, warn
from hub.deployments.geometry import grown, simple
from hub.deployments.plan_body import PlanPost
from hub.deployments.policy import CEILING_PX_PER_M, FLOOR_PX_PER_M, PICTURE_PX
from hub.deployments.rules import Asked

INSIDE_PERCENT = 99.0
TOLERANCE_M = 10.0


def shown(asked: Asked, obstacles: Sequence[Obstacle]) -> tuple[Coverage | None, list[Finding]]:
    """The coverage of a plan, and what is wrong with its views. Takes up to seconds: call it in a thread."""
    if not simple(asked.area):
        return None, []
    body = asked.body
    floor, ceiling = body.floor_px_per_m or FLOOR_PX_PER_M, body.ceiling_px_per_m or CEILING_PX_PER_M
    cameras = [camera for post in body.posts if (camera := _camera(post)) is not None]
    found = coverage(asked.area, cameras, obstacles, floor, ceiling)
    if found is None:
        return None, []
    strict = [_no_smaller(camera) for camera in cameras]
    judged = found if strict == cameras else coverage(asked.area, strict, obstacles, floor, ceiling) or found
    outside = {one.post for one in judged.posts if one.inside_percent < INSIDE_PERCENT}
    forgiving = [_forgiving(camera, asked) for camera in strict if camera.post in outside]
    again = coverage(asked.area, forgiving, obstacles, floor, ceiling) if forgiving else None
    return found, [*_outside(again), *_groundless(judged), *_too_sharp(judged)]


def _groundless(found: Coverage) -> Iterator[Finding]:
    for one in found.posts:
        if one.footprint_m2 <= 0:
            yield refuse("view-groundless", "R03", "posts", post=one.post)


def _outside(found: Coverage | None) -> Iterator[Finding]:
    for one in () if found is None else found.posts:
        if one.inside_percent < INSIDE_PERCENT:
            yield refuse("view-outside", "R03", "posts", post=one.post, percent=int(one.inside_percent))


def _too_sharp(found: Coverage) -> Iterator[Finding]:
    for one in found.posts:
        if one.over_ceiling_m2 > 0:
            yield warn("view-too-sharp", "R24", "posts", post=one.post, sharpest=int(one.sharpest_px_per_m))


def _camera(post: PlanPost) -> Camera | None:
    if post.position is None or post.view is None:
        return None
    own = tuple(place.position() for place in post.area)
    return Camera(
        post=post.post,
        position=post.position.position(),
        area=own if simple(own) else (),
        view=post.view.view(),
        width_px=post.width_px or PICTURE_PX[0],
        height_px=post.height_px or PICTURE_PX[1],
        ceiling_px_per_m=post.ceiling_px_per_m or CEILING_PX_PER_M,
    )


def _no_smaller(camera: Camera) -> Camera:
    """The camera with the policy's picture where that is larger, as high for its width as the higher of the two."""
    width, height = PICTURE_PX
    wide = max(camera.width_px, width)
    high = max(-(-wide * camera.height_px // camera.width_px), -(-wide * height // width))
    return replace(camera, width_px=wide, height_px=high)


def _forgiving(camera: Camera, asked: Asked) -> Camera:
    return replace(camera, area=grown(camera.area or asked.area, TOLERANCE_M))
