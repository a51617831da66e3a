# SPDX-License-Identifier: EUPL-1.2
"""What has happened before the first picture, all of it over the API: plans half way, decisions that wait, a mast to be
hung, a unit that asks to come in. Nobody in it exists."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from playwright.async_api import Page

from contract.envelope import fingerprint, spki
from contract.mandate import DECISION
from hub.demo import seeds
from hub.demo.command import APPROVERS, OPERATORS, PLAN, lay_map
from tests.acceptance.newcomer import newcomer, until
from tests.acceptance.stage import Stage, now_us
from tests.acceptance.test_planning import at, posts
from tests.acceptance.test_wall import KEEP_KEY

HOUR_US = 3_600_000_000
KEYED = ("planner", "planner-2", "installer")
BOUND = {"slot-3": "approver-1", "slot-4": "approver-2"}
NECESSITY = "Twee optochten komen op hetzelfde plein uit, en de doorgang is smal."
Told = dict[str, str]


@dataclass
class Town:
    """Everybody who has a key, signed in over the API, and the ground that plans stand on."""

    stage: Stage
    people: dict[str, seeds.Seed]
    designation: dict[str, Any]

    async def plan(self, who: str, title: str, hours: int, **changes: Any) -> dict[str, Any]:
        """A whole plan, written down and not submitted."""
        planner = self.people[who]
        from_us = now_us() // HOUR_US * HOUR_US + hours * HOUR_US
        post, *_ = named_posts()
        body = {
            "regime": "G151C",
            "designation": self.designation["id"],
            "consultation": "driehoek, 24 november",
            "necessity": NECESSITY,
            "alternatives": "Meer mensen op straat: zij zien het plein niet heel.",
            "area": self.designation["area"],
            "entries": [
                {"entry": "entry-1", "name": "Wolstraat", "position": at(3, 52)},
                {"entry": "entry-2", "name": "Kerksteeg", "position": at(44.5, 128)},
            ],
            "posts": [post],
            "windows": [{"from_us": from_us, "to_us": from_us + 4 * HOUR_US}],
            "overrun": {"times": 2, "minutes": 30},
            "recording": "continuous",
            "recording_reason": "Aangiften worden verwacht.",
            "on_link_loss": "record",
            "team": {"operators": ["planner", "planner-2"], "installers": ["installer"]},
            **changes,
        }
        made = await planner.ask("POST", "/v1/plans", {"title": title, "regime": "G151C"})
        return dict(
            await planner.ask("PUT", f"/v1/plans/{made['id']}", {"base_version": 1, "title": title, "body": body})
        )

    async def submitted(self, who: str, title: str, hours: int, signers: Sequence[str] = (), **changes: Any) -> str:
        """A deployment that waits for signatures, or has these; gives its id."""
        plan = await self.plan(who, title, hours, **changes)
        made = await self.people[who].ask("POST", f"/v1/plans/{plan['id']}/submission", {})
        body = base64.b64decode(made["decision"]["body"])
        for name in signers:
            signature = {"signature": self.people[name].signature(DECISION, body)}
            await self.people[name].ask("POST", f"/v1/deployments/{made['id']}/decision/signatures", signature)
        return str(made["id"])


def named_posts() -> list[dict[str, Any]]:
    """Two posts, called by where they hang; the second sees people more sharply than the plan allows."""
    return [{**post, "name": name} for post, name in zip(posts(), ("Lantaarnpaal 34", "Lantaarnpaal 38"), strict=True)]


async def played(stage: Stage) -> Told:
    """Play it; gives what scenes' paths hold."""
    lay_map(stage.layout)
    codes = json.loads((stage.layout.offline / "codes.json").read_text())
    first, second = APPROVERS.values()
    async with AsyncExitStack() as stack:
        people = {}
        for name in (*KEYED, *BOUND.values(), *APPROVERS.values(), *OPERATORS):
            key = stage.layout.seeds / f"{name}.key"
            seed = seeds.Seed(stage.machine.address, name, stage.password(name), key)
            people[name] = await stack.enter_async_context(seed)
        for name in KEYED:
            await people[name].register_key()
        for slot, name in BOUND.items():
            await people[name].bind(PLAN.municipality, slot, codes[slot][0])
        designation = (await people[OPERATORS[0]].ask("GET", "/v1/designations"))[0]
        town = Town(stage, people, designation)
        drawn = await town.plan("planner", "Optocht zaterdag", 28, posts=named_posts())
        signed = await town.submitted(OPERATORS[0], "Havenfeest", 50, [first])
        waiting = await town.submitted(OPERATORS[0], "Voorbeeldplein", 26)
        own = await town.submitted("planner", "Avondmarkt", 30)
        await town.submitted("planner", "Lichtstoet", 3, [first, second])
        urgent = await _urgent(town)
        await _at_the_door(town)
    return {"plan": drawn["id"], "waiting": waiting, "signed": signed, "own": own, "urgent": urgent}


async def _urgent(town: Town) -> str:
    """An urgent plan that two signed: what was left out is due in a day. Gives its deployment."""
    urgent = {"mandate_holder": "B. Nergens", "reason": "Op het plein wordt gedrongen bij de hekken."}
    left_out: dict[str, Any] = {"consultation": None, "alternatives": None, "posts": []}
    signers = list(APPROVERS.values())
    return await town.submitted("planner-2", "Spoed Voorbeeldplein", 1, signers, urgent=urgent, **left_out)


async def _at_the_door(town: Town) -> None:
    """A unit that asked to come in, and whose label was read at the mast; it waits a day, also switched off."""
    stage = town.stage
    async with newcomer(stage.machine) as unit:
        printed = await unit.command("init", "--kit", str(stage.layout.kit))
        await unit.run()
        await until(lambda: unit.said("enrolment"), unit)
    await town.people["installer"].ask("POST", "/v1/claims", {"code": printed.splitlines()[0].split()[-1]})


async def with_key(page: Page, stage: Stage, name: str) -> None:
    """This browser holds the key that was played with, where there is one."""
    path = stage.layout.seeds / f"{name}.key"
    if not path.exists():
        return
    key: Any = serialization.load_pem_private_key(path.read_bytes(), None)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = spki(key.public_key())
    kept = {"pkcs8": base64.b64encode(private).decode(), "spki": base64.b64encode(public).decode()}
    await page.evaluate(KEEP_KEY, {"name": name, "fingerprint": fingerprint(public), **kept})
    await page.reload()
