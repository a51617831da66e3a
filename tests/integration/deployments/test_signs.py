# SPDX-License-Identifier: EUPL-1.2
"""R07: no picture before a sign stands at each way into the area; aiming is allowed before."""

import hashlib
from typing import Any

import pytest

from hub.app.boundary import PHOTOS
from hub.deployments.photos import PHOTO_LIMIT, cleaned
from tests.integration.town import HOUR_US, SIGN, Town, nothing_changes, photo, place, problem

TWO = [
    {"entry": "kerksteeg", "name": "Kerksteeg", "position": place(545_011_000, 45_005_000)},
    {"entry": "kade", "name": "Kadestraat", "position": place(545_002_000, 45_019_000)},
]


@pytest.fixture
async def decided(town: Town) -> str:
    """A decided deployment with two ways in and no sign yet; the unit is there."""
    await town.introduce()
    await town.enrol()
    draft = await town.register(entries=TWO)
    for key in town.approvers:
        assert (await town.sign_decision(draft, key)).status_code == 201
    return str(draft["id"])


async def placing(town: Town, deployment: str, **more: object) -> tuple[int, str, str | None] | int:
    """Two of the team sign the unit's place, or its aiming; how that ends."""
    operator = await town.client("operator")
    where = {"post": "post-1", "unit": "unit-1", "camera": "camera-1", **more}
    draft = (await operator.post(f"/v1/deployments/{deployment}/assignments", json=where)).json()
    for key in town.operators:
        answer = await town.sign_assignment(draft, key)
    return answer.status_code if answer.is_success else problem(answer)


async def put_up(town: Town, deployment: str, entry: str, who: str = "installer", picture: bytes = SIGN) -> object:
    path = f"/v1/deployments/{deployment}/signs"
    answer = await (await town.client(who)).post(path, json=photo(entry, town.now_us, picture))
    return answer.json() if answer.status_code == 201 else problem(answer)


async def test_nothing_is_placed_before_every_way_in_has_its_sign(town: Town, decided: str) -> None:
    with nothing_changes(town):
        assert await placing(town, decided) == (409, "signs-missing", "R07")
        await put_up(town, decided, "kade")
        assert await placing(town, decided) == (409, "signs-missing", "R07")
    await put_up(town, decided, "kerksteeg")
    assert await placing(town, decided) == 201


async def test_a_camera_may_be_aimed_before_the_signs_stand(town: Town, decided: str) -> None:
    assert await placing(town, decided, setup_minutes=5) == 201
    assert await placing(town, decided) == (409, "signs-missing", "R07")


async def test_it_says_which_way_in_lacks_a_sign(town: Town, decided: str) -> None:
    await put_up(town, decided, "kerksteeg")
    operator = await town.client("operator")
    draft = (
        await operator.post(
            f"/v1/deployments/{decided}/assignments", json={"post": "post-1", "unit": "unit-1", "camera": "camera-1"}
        )
    ).json()
    for key in town.operators:
        answer = await town.sign_assignment(draft, key)
    assert "Kadestraat" in answer.json()["detail"]
    assert answer.json()["parameters"] == {"count": 1, "entries": "Kadestraat"}


async def test_a_photo_is_kept_by_its_hash_and_given_to_who_places(town: Town, decided: str) -> None:
    kept = await put_up(town, decided, "kade")
    assert isinstance(kept, list)
    name = hashlib.sha256(cleaned(SIGN)).hexdigest()
    assert [[sign["photo"] for sign in entrance["signs"]] for entrance in kept] == [[], [name]]
    assert kept[1]["signs"][0]["taken_by"] == "installer"
    path = f"/v1/deployments/{decided}/signs/{name}"
    answer = await (await town.client("operator")).get(path)
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", cleaned(SIGN))
    for role in ("viewer", "approver"):
        assert (await (await town.client(role)).get(path)).status_code == 403
    assert (await (await town.client("operator")).get(path.replace(name, "0" * 64))).status_code == 404


async def test_the_same_photo_again_is_the_same(town: Town, decided: str) -> None:
    assert await put_up(town, decided, "kade") == await put_up(town, decided, "kade")


async def test_photos_of_one_way_in_have_a_bound(town: Town, decided: str) -> None:
    for n in range(8):
        assert isinstance(await put_up(town, decided, "kade", picture=SIGN[:-2] + bytes((n,)) + SIGN[-2:]), list)
    assert await put_up(town, decided, "kade", picture=SIGN) == (409, "photos-enough", "R07")


async def test_what_is_no_photo_or_of_no_way_in_is_refused(town: Town, decided: str) -> None:
    assert await put_up(town, decided, "elsewhere") == (422, "entry-unknown", "R07")
    assert await put_up(town, decided, "kade", picture=b"GIF89a") == (422, "photo-refused", "R07")
    assert await put_up(town, decided, "kade", who="viewer") == (403, "not-allowed", "R11")
    path = f"/v1/deployments/{decided}/signs"
    operator = await town.client("operator")
    broken = {**photo("kade", town.now_us), "photo": "not base64!"}
    assert problem(await operator.post(path, json=broken)) == (422, "photo-refused", "R07")
    large = photo("kade", town.now_us, bytes(PHOTO_LIMIT + 30_000))
    assert problem(await operator.post(path, json=large))[1] == "too-large"
    almost = photo("kade", town.now_us, b"\xff\xd8" + bytes(PHOTO_LIMIT - 4) + b"\xff\xd9")
    assert problem(await operator.post(path, json=almost)) == (422, "photo-refused", "R07")


async def test_a_photo_from_before_the_plan_is_of_no_sign(town: Town, decided: str) -> None:
    operator, path = await town.client("operator"), f"/v1/deployments/{decided}/signs"
    for at_us in (0, town.now_us - 2 * HOUR_US):
        assert problem(await operator.post(path, json=photo("kade", at_us))) == (422, "photo-refused", "R07")


async def test_only_a_photo_may_be_so_large(town: Town, decided: str) -> None:
    operator = await town.client("operator")
    body = {"reason": "x" * 70_000}
    assert problem(await operator.post(f"/v1/deployments/{decided}/stop", json=body))[1] == "too-large"
    assert PHOTOS[0].fullmatch(f"/v1/deployments/{decided}/signs")
    assert not PHOTOS[0].fullmatch(f"/v1/deployments/{decided}/signs/x")


async def test_nothing_is_decided_nothing_is_put_up(town: Town) -> None:
    await town.introduce()
    draft = await town.register()
    assert await put_up(town, draft["id"], "entry-1") == (409, "not-decided", None)


async def test_a_way_in_that_moved_takes_a_new_photo(town: Town, decided: str) -> None:
    for entry in ("kade", "kerksteeg"):
        await put_up(town, decided, entry)
    operator = await town.client("operator")
    plan = (await operator.post(f"/v1/deployments/{decided}/plans", json={})).json()
    moved = [TWO[0], {**TWO[1], "position": place(545_004_000, 45_019_000)}]
    written = {"base_version": plan["version"], "title": plan["title"], "body": {**plan["body"], "entries": moved}}
    plan = (await operator.put(f"/v1/plans/{plan['id']}", json=written)).json()
    draft = (await town.submit(plan)).json()
    missing = [entrance["entry"] for entrance in await _entrances(town, decided) if not entrance["signs"]]
    assert missing == []  # what is only drafted moves nothing
    for key in town.approvers:
        assert (await town.sign_decision(draft, key)).status_code == 201
    missing = [entrance["entry"] for entrance in await _entrances(town, decided) if not entrance["signs"]]
    assert missing == ["kade"]


async def _entrances(town: Town, deployment: str) -> list[dict[str, object]]:
    return list((await (await town.client("operator")).get(f"/v1/deployments/{deployment}/signs")).json())


async def revised(town: Town, deployment: str, entries: list[dict[str, object]]) -> dict[str, Any]:
    """A newer decision with these ways in, not signed yet."""
    operator = await town.client("operator")
    plan = (await operator.post(f"/v1/deployments/{deployment}/plans", json={})).json()
    written = {"base_version": plan["version"], "title": plan["title"], "body": {**plan["body"], "entries": entries}}
    plan = (await operator.put(f"/v1/plans/{plan['id']}", json=written)).json()
    return dict((await town.submit(plan)).json())


async def test_no_newer_decision_films_on_past_a_way_in_without_its_sign(town: Town, decided: str) -> None:
    for entry in ("kade", "kerksteeg"):
        await put_up(town, decided, entry)
    assert await placing(town, decided) == 201
    new: dict[str, object] = {"entry": "brug", "name": "Brug", "position": place(545_006_000, 45_019_000)}
    moved: dict[str, object] = {**TWO[0], "position": place(545_010_000, 45_004_000)}
    draft = await revised(town, decided, [moved, dict(TWO[1]), new])
    assert (await town.sign_decision(draft, town.approvers[0])).status_code == 201
    with nothing_changes(town):
        refused = await town.sign_decision(draft, town.approvers[1])
        assert problem(refused) == (409, "signs-missing", "R07")
        assert refused.json()["parameters"] == {"count": 2, "entries": "Kerksteeg, Brug"}
        missing = [entrance["entry"] for entrance in await _entrances(town, decided) if not entrance["signs"]]
        assert missing == ["kerksteeg", "brug"], "their photos can be taken before it holds"
        await put_up(town, decided, "kerksteeg")
        assert [one["entry"] for one in await _entrances(town, decided) if not one["signs"]] == ["kerksteeg", "brug"]
        await put_up(town, decided, "kerksteeg", picture=SIGN[:-2] + b"1" + SIGN[-2:])
        await put_up(town, decided, "brug")
    assert (await town.sign_decision(draft, town.approvers[1])).status_code == 201


async def test_where_nobody_knows_the_ways_in_nothing_is_placed(town: Town, decided: str) -> None:
    for entry in ("kade", "kerksteeg"):
        await put_up(town, decided, entry)
    async with town.database.transaction() as db:
        await db.run("update plans set decision = null")
    assert await placing(town, decided) == (409, "entries-unknown", "R07")
