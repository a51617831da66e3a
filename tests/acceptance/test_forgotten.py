# SPDX-License-Identifier: EUPL-1.2
"""Forgetting is a key's death, and it shows: at its hour's start plus the retention nothing of it opens any more.

The keeper, the sweeper, the log, the API and the unit's recorder are real; their one clock is the test's. Who tries to
open is somebody who copied every disk, and knows where to look.
"""

from __future__ import annotations

import io
import itertools
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract import segment, tlog
from contract.envelope import ed25519, read
from contract.index import Deletion, IndexRow
from contract.keys import unwrap
from contract.live import Grant, GrantRef
from contract.mandate import HourKey
from contract.record import load
from contract.segment import ClockState
from contract.tlog import Leaf
from edge.recorder.accounts import Accounts
from edge.recorder.ledger import Ledger
from edge.recorder.outbox import Under
from edge.recorder.recording import Recording, Terms
from edge.recorder.recovery import forget_due
from edge.recorder.spool import Spool, Waiting
from edge.unit.clock import UnitClock
from edge.unit.identity import FilmKey, make_film_key
from hub.ingest.messages import kept
from hub.keeper import keyring
from hub.keeper.client import KeeperRefusedError
from hub.layout import Layout
from hub.retention.statements import Statements
from hub.retention.sweeper import Places, Sweeper
from hub.store.database import Database
from hub.store.objects import Objects, object_name
from hub.store.retention import Erasures, HourKeys
from hub.store.rows import Rows
from hub.store.segments import Segments
from hub.store.vault import VaultKey
from tests.integration.conftest import database, database_url  # noqa: F401 (fixtures)
from tests.integration.filming import START_ID, Filming, filming
from tests.integration.town import CAMERA, UNIT, Town
from tests.integration.town import town as new_town
from tests.unit.edge.pictures import pictures, video_format
from tests.unit.edge.unit import steady_random

S, MINUTE_US = 1_000_000, 60_000_000


@dataclass
class Scene:
    """Twenty seconds that a unit recorded, in its spool and in the hub's store."""

    town: Town
    camera: Filming
    key: HourKey
    spool: Spool
    recorded: list[Waiting]
    from_us: int
    data: dict[str, bytes] = field(default_factory=dict)  # what each file held, by its chain value: an outsider's copy

    @property
    def layout(self) -> Layout:
        return self.town.layout

    def film_for(self, decision: str) -> FilmKey:
        return make_film_key(self.town.identity, decision, START_ID, self.from_us, steady_random("film"))

    @property
    def objects(self) -> list[Path]:
        return sorted(path for path in self.layout.objects.rglob("*") if path.is_file())

    @property
    def spooled(self) -> list[Path]:
        return sorted(self.layout.unit(UNIT).rglob("*.fzs"))

    def statements(self) -> Statements:
        keys, erasures = HourKeys(self.town.database), Erasures(self.town.database)
        return Statements(self.town.log, keys, erasures, lambda: self.town.now_us)

    def sweeper(self) -> Sweeper:
        places = Places(Objects(self.layout.objects), self.layout.incoming)
        keys, erasures = HourKeys(self.town.database), Erasures(self.town.database)
        return Sweeper(self.statements(), keys, erasures, places, self.town.keeper, lambda: self.town.now_us)

    async def looks_back(self) -> dict[int, bytes]:
        """Somebody in the control room plays what was recorded: the keys that the keeper gives."""
        first = self.recorded[0]
        assert isinstance(first.body, IndexRow)
        grant = Grant(
            actor="viewer",
            session="c" * 64,
            deployment=self.camera.order.decision.deployment,
            cameras=(CAMERA,),
            purpose="replay",
            from_us=self.town.now_us,
            until_us=self.town.now_us + 10 * MINUTE_US,
            footage_from_us=first.body.from_us,
            footage_to_us=first.body.to_us,
        )
        return await self.released(await self.town.keeper.grant(grant))

    async def released(self, ref: GrantRef) -> dict[int, bytes]:
        first = self.recorded[0]
        assert isinstance(first.body, IndexRow)
        data = self.data[first.chain]
        stream = io.BytesIO(data)
        header, header_sha256 = segment.read_header(stream)
        head = data[: stream.tell()]
        fields = [record.fields for record in segment.read_records(stream, header, header_sha256)]
        return await self.town.keeper.release(
            ref, self.town.identity.public, head, fields, first.body.from_us, first.body.to_us
        )


def terms(camera: Filming, film: FilmKey) -> Terms:
    return Terms(
        order=camera.order,
        hour_key=camera.order.hour_key,
        ends_us=lambda: camera.order.decision.windows[0].to_us,
        film=film,
        numbers=itertools.count(),
        marks=lambda: ("demo",),
        checkpoint=lambda: "none",
        clock=lambda: ClockState("kernel-pll", True, 1500),
        random=steady_random("terms"),
    )


@pytest.fixture
async def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:  # noqa: F811
    async with new_town(database, monkeypatch) as made:
        yield made


@pytest.fixture
async def scene(town: Town) -> Scene:
    camera = await filming(town)
    spool = Spool(town.layout.unit(UNIT) / "spool", 2**30)
    made = Scene(town, camera, camera.order.hour_key(town.now_us), spool, [], town.now_us)
    order, film = camera.order, made.film_for(camera.order.decision_digest)
    under = Under(order.decision.deployment, order.decision_digest, order.assignment_digest, order.decision.windows[0])
    recording = Recording(
        terms(camera, film), Ledger(spool, UNIT, CAMERA, under, film, "no-picture"), spool, made.recorded.append
    )
    recording.begin(video_format())
    for picture in pictures(20, town.now_us):
        recording.add(picture)
    recording.end()
    made.recorded = [item for item in made.recorded if isinstance(item.body, IndexRow)]
    town.now_us += 20 * S
    objects = Objects(town.layout.objects)
    for item in made.recorded:
        assert item.path is not None and isinstance(item.body, IndexRow)
        made.data[item.chain] = item.path.read_bytes()
        await Rows(town.database).add(kept(read(item.row), item.body, town.identity.public, town.now_us))
        await objects.put(object_name(item.body.deployment, CAMERA, item.chain), item.path)
        await Segments(town.database).stored(item.chain, town.now_us)
    assert len(made.recorded) >= 2 and len(made.objects) == len(made.spooled) == len(made.recorded)
    return made


def opens(state: Layout, data: bytes) -> bool:
    """Whether somebody who holds these disks plays this segment: with the hour key's file and what it lies under."""
    header, _ = segment.read_header(io.BytesIO(data))
    path = state.keeper / "vault" / "ring" / f"{header.hour_key}.json"
    if not path.exists():
        return False
    lying = load(VaultKey, path.read_bytes())
    kek = keyring.read(state.keeper).kek
    private = AESGCM(kek).decrypt(lying.wrapped[:12], lying.wrapped[12:], bytes.fromhex(lying.key))
    records = list(segment.open_records(io.BytesIO(data), unwrap(header.wrapped, private, header.hpke_info)))
    return records[0][4:8] == b"ftyp" and records[1][4:8] == b"moof"


def private_half(scene: Scene) -> list[bytes]:
    """What must be nowhere but in the vault: the key, as it is and as it lies there, in every form that a file has."""
    kept_key = load(VaultKey, (scene.layout.keeper / "vault" / "ring" / f"{scene.key.key}.json").read_bytes())
    kek = keyring.read(scene.layout.keeper).kek
    private = AESGCM(kek).decrypt(kept_key.wrapped[:12], kept_key.wrapped[12:], bytes.fromhex(kept_key.key))
    return [form for raw in (private, kept_key.wrapped[12:-16]) for form in (raw, raw.hex().encode())]


def holding(folder: Path, secrets: list[bytes]) -> list[str]:
    """The files below a folder in which one of these stands."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path.name for path in found if any(secret in path.read_bytes() for secret in secrets))


def copied(scene: Scene, to: Path, *, ring: bool) -> Layout:
    """Every disk of the town, as somebody took it who copied `ring` too, or did not."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        inside = [name for name in names if (Path(folder) / name).is_socket()]
        return inside if ring or Path(folder).name != "vault" else [*inside, "ring"]

    shutil.copytree(scene.layout.state, to, ignore=left_out)
    return Layout(to)


async def test_when_its_hour_is_due_nothing_of_it_opens_any_more(scene: Scene, tmp_path: Path) -> None:
    town, due_us = scene.town, scene.key.due_us
    assert due_us == scene.key.from_us + town.asked()["retention_h"] * 60 * MINUTE_US
    secrets = private_half(scene)
    everything_but = copied(scene, tmp_path / "copy", ring=False)
    assert all(opens(scene.layout, data) for data in scene.data.values())  # the control: until then it does
    assert len(list(everything_but.state.rglob("*.fzs"))) == len(scene.spooled) + len(scene.objects)

    town.now_us = due_us - MINUTE_US
    await scene.sweeper().sweep()
    assert len(await scene.looks_back()) > 10  # it plays
    town.now_us = due_us
    await scene.sweeper().sweep()

    assert holding(scene.layout.state, secrets) == []
    assert scene.objects == []  # swept at the hub
    for path in scene.spooled:  # the unit has not swept yet: it does not open all the same
        assert not opens(scene.layout, path.read_bytes())
    for path in everything_but.state.rglob("*.fzs"):
        assert not opens(everything_but, path.read_bytes()) and not opens(scene.layout, path.read_bytes())
    assert holding(everything_but.state, secrets) == []
    with pytest.raises(KeeperRefusedError) as refused:
        await scene.looks_back()
    assert refused.value.rule in ("keeper.due", "keeper.grant")
    town.now_us = due_us - MINUTE_US  # a clock set back brings nothing back
    with pytest.raises(KeeperRefusedError) as refused:
        await scene.looks_back()
    assert refused.value.rule == "keeper.key"


async def test_anybody_can_verify_that_and_when_it_was_destroyed(scene: Scene) -> None:
    """From the public log alone: its key was born with this due date, and destroyed when that came."""
    town = scene.town
    town.now_us = scene.key.due_us
    await scene.sweeper().sweep()

    async with town.browser() as anybody:
        deployment = scene.camera.order.decision.deployment
        (told, *_) = (await anybody.get("/v1/erasures", params={"deployment": deployment})).json()
        text = (await anybody.get("/v1/log/checkpoint")).text
    checkpoint = tlog.verify_checkpoint(text, town.anchors.origin, ed25519(town.anchors.log_key))
    leaves = {}
    for name in ("born_log_index", "destroyed_log_index"):
        leaf = town.log.entry(told[name])
        path = town.log.inclusion(told[name], checkpoint.size)
        tlog.verify_inclusion(tlog.leaf_hash(leaf.encode()), told[name], checkpoint.size, checkpoint.root, path)
        leaves[name] = Leaf.decode(leaf.encode())
    born, gone = leaves.values()
    assert (born.event, gone.event) == ("key.born", "key.destroyed")
    assert born.digest == gone.digest and born.ids["key"] == gone.ids["key"] == scene.key.key
    assert int(born.ids["due"]) == int(gone.ids["due"]) == scene.key.due_us == gone.at_us
    assert gone.ids["grade"] == told["grade"] == "file"
    assert told["says"] == "file: remnants possible"


async def test_who_copied_the_vault_before_can_still_open_it_and_the_statement_says_so(
    scene: Scene, tmp_path: Path
) -> None:
    """Key source `file`: a copy of `ring`, or bytes carved from its disk, outlives the death. That is the grade."""
    stolen = copied(scene, tmp_path / "copy", ring=True)
    scene.town.now_us = scene.key.due_us
    await scene.sweeper().sweep()

    assert all(opens(stolen, data) for data in scene.data.values())
    (found, *_) = await scene.statements().of_deployment(scene.camera.order.decision.deployment)
    assert (found.key.grade, found.says) == ("file", "file: remnants possible")
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    assert "`grade: file`" in readme and "remnants" in readme


async def test_a_unit_without_a_hub_forgets_by_its_own_clock(scene: Scene) -> None:
    """No ack and no word from the hub: a second after the due moment the files are gone, and signed rows say why."""
    said: list[Waiting] = []
    now_us = scene.key.due_us - 1
    accounts = Accounts(scene.spool, UNIT, CAMERA, scene.film_for, lambda: now_us, said.append, lambda: now_us, tuple)
    accounts.tidy()
    assert len(scene.spooled) == len(scene.recorded) and said == []
    now_us = scene.key.due_us + S
    accounts.tidy()
    assert scene.spooled == []
    assert [type(item.body) for item in said] == [Deletion] * len(scene.recorded)
    rows = [item.body for item in scene.spool.waiting()]
    assert [row.segment for row in rows if isinstance(row, Deletion)] == [item.chain for item in scene.recorded]
    assert {row.reason for row in rows if isinstance(row, Deletion)} == {"retention"}


async def test_a_units_clock_that_is_set_back_prolongs_nothing(scene: Scene) -> None:
    """It forgets by the newest signed time that it saw and what has passed since, whatever its own clock shows."""
    monotonic_ns = 0
    clock = UnitClock(lambda: scene.from_us - 30 * 86_400 * S, lambda: monotonic_ns)  # a month back
    clock.saw(scene.from_us)
    monotonic_ns = (scene.key.due_us - scene.from_us - 1) * 1000
    assert forget_due(scene.spool, CAMERA, scene.film_for, clock.now_us()) == []
    monotonic_ns += 1000
    assert len(forget_due(scene.spool, CAMERA, scene.film_for, clock.now_us())) == len(scene.recorded)
    assert scene.spooled == []
