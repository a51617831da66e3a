# SPDX-License-Identifier: EUPL-1.2
"""The demo's seed clients: two fictional approvers and two fictional operators, who use the public API alone.

Each has a key of its own (ES256, 0600), made here; an approver's is bound by a printed slot code like anybody's, an
operator's registered. One enters the fictional ordinance and the area designated under it, plans and submits; they
read what they sign: the draft must say what was asked, or they do not sign. What they sign is marked DEMO.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract.envelope import enclose, sign, signing_input, spki
from contract.keys import slot_key
from contract.mandate import ASSIGNMENT, DECISION, Assignment, Decision, Position, Post, View, Window
from contract.record import load, plain
from contract.roster import BINDING, Binding

TITLE = "Voorbeeldplein"
RETENTION_H = 168
ORDINANCE, ARTICLE = "Voorbeeldverordening cameratoezicht (demo)", "artikel 1"
DESIGNATION, PUBLICATION = "Voorbeeldaanwijzing Voorbeeldplein (demo)", "gmb-2026-1"
DAY_US = 86_400_000_000
DELEGATED_DAYS, DESIGNATED_DAYS, WINDOW_H = 5 * 365, 180, 96
OVERRUN_US = 3_600_000_000  # two times half an hour
PERSON_KEY = "person-key"
REQUEST_TIMEOUT_S = 60.0  # a birth of hour keys takes seconds

# A square in a town that does not exist; the coordinates lie in the North Sea.
AREA = (
    Position(545_000_000, 45_000_000),
    Position(545_000_000, 45_020_000),
    Position(545_012_000, 45_020_000),
    Position(545_012_000, 45_000_000),
)
ENTRY = Position(545_000_400, 45_010_800)
IN_A_COLUMN = 4  # posts, some 20 m apart


class SeedError(Exception):
    """A seed client was refused, or was shown something else than it asked for; the demo cannot go on."""


@dataclass(frozen=True)
class SeedUnit:
    """A unit that the seeds enrol and place."""

    unit: str
    camera: str
    certificate: str
    source_note: str


class Seed:
    """One seed client: an account, a key, a session."""

    def __init__(self, address: str, name: str, password: str, key_file: Path) -> None:
        """Use the key in `key_file`, made on first use."""
        self.name = name
        self._password = password
        self.key = _key(key_file)
        # Connect by address, speak by name: a bare root has no /etc/hosts, and the hub answers to its name only.
        url = httpx.URL(address)
        headers = {"Host": f"{url.host}:{url.port}", "Origin": address, "Accept-Language": "en"}
        self._http = httpx.AsyncClient(
            base_url=url.copy_with(host="127.0.0.1"), headers=headers, timeout=REQUEST_TIMEOUT_S, trust_env=False
        )

    async def __aenter__(self) -> Self:
        await self.ask("POST", "/v1/session", {"name": self.name, "password": self._password})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request; gives the JSON answer.

        Raises:
            SeedError: any refusal, with the problem's own words.
        """
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise SeedError(f"{self.name}: {method} {path}: {error}") from error
        if answer.is_error:
            raise SeedError(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:500]}")
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise SeedError(f"{self.name}: {method} {path}: the answer is not JSON") from error

    def signature(self, kind: str, body: bytes) -> dict[str, Any]:
        """This client's signature over a record of this type."""
        signed: dict[str, Any] = plain(sign(signing_input(kind, body), self.key))
        return signed

    async def register_key(self) -> None:
        """Have this client's account sign with its key."""
        key = spki(self.key)
        await self.ask("PUT", "/v1/session/key", {"key": plain(key), "proof": self.signature(PERSON_KEY, key)})

    async def bind(self, roster_municipality: str, slot: str, code: str) -> None:
        """Bind this client's key to an approver's slot with its first code."""
        envelope = enclose(BINDING, Binding(slot, 0, spki(self.key)), slot_key(code, roster_municipality, slot, 0))
        await self.ask("POST", "/v1/bindings", plain(envelope))


@dataclass(frozen=True)
class Cast:
    """Who plays: approvers by their slot, and operators."""

    approvers: Mapping[str, Seed]
    operators: Sequence[Seed]


async def introduce(cast: Cast, roster: object, municipality: str, codes: Mapping[str, Sequence[str]]) -> None:
    """Post the roster, bind the approvers' keys and register the operators'; again and again gives the same."""
    first = cast.operators[0]
    await first.ask("POST", "/v1/roster", roster)
    for slot, approver in cast.approvers.items():
        await approver.bind(municipality, slot, codes[slot][0])
    for operator in cast.operators:
        await operator.register_key()


async def enrol(cast: Cast, units: Sequence[SeedUnit]) -> None:
    """Make the units known, or tell the hub their new certificates."""
    for unit in units:
        known = {"certificate": unit.certificate, "camera": unit.camera, "source_note": unit.source_note}
        await cast.operators[0].ask("POST", "/v1/units", known)


async def go_on(cast: Cast, units: Sequence[SeedUnit]) -> str | None:
    """Place what a decided deployment has not placed yet; gives its number, None when no window of one is open.

    A start that was cut between the decision and the last placement goes on here: asked again, the hub gives the same.
    """
    posts = _posts(units)
    team = tuple(spki(seed.key) for seed in cast.operators)
    for made in await cast.operators[0].ask("GET", "/v1/deployments"):
        if made["state"] != "open":
            continue
        decided = made["previous"] or made["decision"]
        decision = load(Decision, base64.b64decode(decided["body"]))
        if decision.posts == posts and decision.team.operators == team:
            await _place(cast, made["id"], decision, units)
            return str(made["number"])
    return None


async def deploy(cast: Cast, units: Sequence[SeedUnit], window: Window) -> str:
    """Plan a fictional demonstration, have it decided by two and placed by two; gives its number."""
    planner = cast.operators[0]
    posts = _posts(units)
    plan = await planner.ask("POST", "/v1/plans", {"title": TITLE, "regime": "G151C"})
    body = _plan(cast, await _designated(planner, window), posts, window)
    await planner.ask("PUT", f"/v1/plans/{plan['id']}", {"base_version": 1, "title": TITLE, "body": body})
    made = await planner.ask("POST", f"/v1/plans/{plan['id']}/submission", {})
    drafted = base64.b64decode(made["decision"]["body"])
    decision = load(Decision, drafted)
    if decision.posts != posts or decision.windows != (window,) or decision.retention_h != RETENTION_H:
        raise SeedError("the draft decision is not what was asked; nothing is signed")
    for approver in cast.approvers.values():
        path = f"/v1/deployments/{made['id']}/decision/signatures"
        await approver.ask("POST", path, {"signature": approver.signature(DECISION, drafted)})
    await _place(cast, made["id"], decision, units)
    return str(made["number"])


def _plan(cast: Cast, designation: str, posts: Sequence[Post], window: Window) -> dict[str, Any]:
    return {
        "regime": "G151C",
        "designation": designation,
        "consultation": "driehoek (demo)",
        "necessity": "A demonstration that does not exist, to show how the software works.",
        "alternatives": "None: nothing else shows how the software works.",
        "entries": [{"entry": "entry-1", "name": "Voorbeeldsteeg", "position": plain(ENTRY)}],
        "posts": [_planned(post) for post in posts],
        "windows": plain((window,)),
        "overrun": {"times": 2, "minutes": 30},
        "recording": "continuous",
        "recording_reason": "To show how sealing and erasing work.",
        "on_link_loss": "record",
        "team": {"operators": [seed.name for seed in cast.operators], "installers": []},
        "retention_h": RETENTION_H,
        "offline_grace_s": 3600,
        "max_units": max(1, len(posts)),
    }


def _planned(post: Post) -> dict[str, Any]:
    said = plain(post)
    return {**said, "area": []}  # the plan's


async def _designated(planner: Seed, window: Window) -> str:
    """The id of the fictional designation that this window lies in; made where there is none."""
    for held in await planner.ask("GET", "/v1/designations"):
        in_time = held["valid_from_us"] <= window.from_us and window.to_us + OVERRUN_US <= held["valid_to_us"]
        if held["name"] == DESIGNATION and held["area"] == plain(AREA) and in_time:
            return str(held["id"])
    from_us = window.from_us - DAY_US
    delegation = {
        "ordinance": ORDINANCE,
        "article": ARTICLE,
        "regime": "G151C",
        "valid_from_us": from_us,
        "valid_to_us": from_us + DELEGATED_DAYS * DAY_US,
        "mobile_allowed": True,
        "max_window_h": WINDOW_H,
        "max_designation_days": DESIGNATED_DAYS,
    }
    delegated = await planner.ask("POST", "/v1/delegations", delegation)
    designation = {
        "delegation": delegated["id"],
        "name": DESIGNATION,
        "publication": PUBLICATION,
        "area": plain(AREA),
        "valid_from_us": from_us,
        "valid_to_us": from_us + DESIGNATED_DAYS * DAY_US,
    }
    made = await planner.ask("POST", "/v1/designations", designation)
    return str(made["id"])


async def _place(cast: Cast, deployment: str, decision: Decision, units: Sequence[SeedUnit]) -> None:
    await _put_up_signs(cast.operators[0], deployment, decision.windows[0].from_us)
    for post, unit in zip(decision.posts, units, strict=True):
        await _assign(cast, deployment, post, unit)


async def _put_up_signs(who: Seed, deployment: str, at_us: int) -> None:
    """A drawn photo of a sign at each way in that has none: no picture before everybody can know of it (R07)."""
    path = f"/v1/deployments/{deployment}/signs"
    photo = base64.b64encode(Path(__file__).with_name("sign.jpg").read_bytes()).decode()
    for entrance in await who.ask("GET", path):
        if not entrance["signs"]:
            await who.ask("POST", path, {"entry": entrance["entry"], "taken_at_us": at_us, "photo": photo})


async def _assign(cast: Cast, deployment: str, post: Post, unit: SeedUnit) -> None:
    where = {"post": post.post, "unit": unit.unit, "camera": unit.camera}
    draft = await cast.operators[0].ask("POST", f"/v1/deployments/{deployment}/assignments", where)
    body = base64.b64decode(draft["body"])
    assignment = load(Assignment, body)
    if (assignment.post, assignment.unit, assignment.camera) != (post.post, unit.unit, unit.camera):
        raise SeedError("the draft assignment is not what was asked; nothing is signed")
    for operator in cast.operators:
        path = f"/v1/assignments/{draft['digest']}/signatures"
        await operator.ask("POST", path, {"signature": operator.signature(ASSIGNMENT, body)})


def _posts(units: Sequence[SeedUnit]) -> tuple[Post, ...]:
    return tuple(_post(n, unit) for n, unit in enumerate(units))


def _post(n: int, unit: SeedUnit) -> Post:
    column, row = divmod(n, IN_A_COLUMN)
    place = Position(AREA[0].lat_e7 + 3_000 + 2_000 * row, AREA[0].lon_e7 + 5_000 + 4_000 * column)
    east, west = 90_000, 270_000
    azimuth_mdeg = east if column < 2 else west  # to the middle
    view = View(azimuth_mdeg=azimuth_mdeg, tilt_mdeg=30_000, hfov_mdeg=66_000, height_mm=6_000)
    return Post(f"post-{n + 1}", f"Voorbeeldplein {n + 1}", place, AREA, view, ceiling_px_per_m=250)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in this file; a new one is whole on disk before anybody is told its public half."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise SeedError(f"{path} is not a private key: remove it together with the demo's state") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise SeedError(f"{path.name} is not an ES256 key")
    return found
