# SPDX-License-Identifier: EUPL-1.2
"""What leads to filming, put together: the law, plans, decisions, placements, what is signed while it runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter

from contract.authority import Anchors
from hub.access.approvers import Approvers
from hub.access.keys import PersonKeys
from hub.access.roster import Rosters
from hub.deployments import deciding, necessity, overrunning, placing, running_routes, views, waiting
from hub.deployments.composing import Composer
from hub.deployments.coverage import Obstacle
from hub.deployments.duties import Duties
from hub.deployments.entries import Entries
from hub.deployments.four_eyes import FourEyes
from hub.deployments.grounds import Grounds
from hub.deployments.law_routes import LawRoutes
from hub.deployments.planning import Planning
from hub.deployments.planning_routes import PlanningRoutes
from hub.deployments.routes import DeploymentRoutes, Steps
from hub.deployments.sign_routes import SignRoutes
from hub.deployments.sign_rule import SignRule
from hub.deployments.signing import KeyOf
from hub.deployments.signs import Signposting
from hub.deployments.standing import Orders
from hub.deployments.stopping import Stopping
from hub.deployments.urgency import Urgency
from hub.deployments.urgent_routes import UrgentRoutes
from hub.deployments.waiting_routes import WaitingRoutes
from hub.keeper.client import Keeper
from hub.store.approvals import Approvals
from hub.store.claims import Enrolments
from hub.store.database import Database
from hub.store.deployments import Deployments
from hub.store.downlink import Downlink
from hub.store.gathering import Gathering
from hub.store.law import Law
from hub.store.objects import Objects
from hub.store.overruns import Overruns
from hub.store.people import People
from hub.store.plans import Plans
from hub.store.records import SignedRecords
from hub.store.signs import Signs
from hub.store.units import Units
from hub.store.waiting import WaitingTables


class Room(Protocol):
    """What has routes."""

    def router(self) -> APIRouter:
        """Its routes."""


@dataclass(frozen=True)
class Ground:
    """What these rooms stand on. `obstacles` stand in the way of a planned view, by the municipality's map;
    photos of signs lie in `signs`."""

    database: Database
    keeper: Keeper
    anchors: Anchors
    log_folder: Path
    rosters: Rosters
    approvers: Approvers
    obstacles: Callable[[], Sequence[Obstacle]]
    signs: Objects
    now_us: Callable[[], int]
    random: Callable[[int], bytes]


def rooms(ground: Ground) -> tuple[Room, ...]:
    """The rooms that people reach."""
    database, keeper, now_us, random = ground.database, ground.keeper, ground.now_us, ground.random
    deployments, records, people = Deployments(database), SignedRecords(database), People(database)
    plans, approvals, law = Plans(database), Approvals(database), Law(database)
    grounds = Grounds(law, now_us, random)
    rule = SignRule(Signs(database), Entries(plans, grounds, now_us).of)
    urgency = Urgency(plans, approvals, keeper, now_us)
    four_eyes = FourEyes(plans, people, approvals, ground.approvers)
    steps = deciding.Deciding(
        deciding.Tables(deployments, records, approvals),
        ground.rosters,
        deciding.Demands(four_eyes, rule.require_for, urgency.flag),
        keeper,
        now_us,
        random,
    )
    planning = Planning(plans, grounds, people, steps, ground.obstacles, now_us, random)
    signposting = Signposting(Signs(database), ground.signs, rule, steps.standing, steps.waiting, now_us)
    key_of = PersonKeys(people, ground.rosters, ground.approvers).of
    composer = Composer(records, Downlink(database), ground.anchors, ground.log_folder, now_us)
    done = Steps(
        planning=planning,
        deciding=steps,
        placing=placing.Placing(
            *(placing.Tables(deployments, records, Units(database)), steps, composer, keeper),
            *(placing.Demands(rule.require, key_of), now_us),
        ),
        stopping=Stopping(deployments, records, steps, keeper, now_us),
        duties=Duties(approvals, plans, law, steps, urgency, now_us),
    )
    shown = views.Views(Gathering(database), records, now_us)
    return (
        LawRoutes(grounds),
        PlanningRoutes(planning),
        DeploymentRoutes(done, deployments, shown),
        UrgentRoutes(urgency, now_us),
        SignRoutes(signposting),
        _running(ground, steps, key_of),
        _waiting(ground, signposting, key_of),
    )


def _waiting(ground: Ground, signposting: Signposting, key_of: KeyOf) -> WaitingRoutes:
    database = ground.database
    tables = waiting.Tables(
        waiting=WaitingTables(database),
        deployments=Deployments(database),
        orders=Orders(SignedRecords(database)),
        approvals=Approvals(database),
        plans=Plans(database),
        people=People(database),
        enrolments=Enrolments(database),
    )
    return WaitingRoutes(waiting.Waiting(tables, key_of, signposting.of, ground.now_us))


def _running(ground: Ground, steps: deciding.Deciding, key_of: KeyOf) -> running_routes.RunningRoutes:
    deployments, records = Deployments(ground.database), SignedRecords(ground.database)
    overruns = Overruns(ground.database)
    return running_routes.RunningRoutes(
        overrunning.Overrunning(
            overrunning.Tables(deployments, records, overruns),
            *(steps, ground.keeper, key_of, ground.now_us, ground.random),
        ),
        necessity.Confirming(
            necessity.Tables(deployments, records),
            *(steps, ground.rosters, ground.keeper, key_of, ground.now_us),
        ),
        running_routes.Tables(Orders(records), records, overruns),
        ground.now_us,
    )
