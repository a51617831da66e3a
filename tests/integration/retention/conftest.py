# SPDX-License-Identifier: EUPL-1.2
"""A town with footage: segments stored under their rows, a sweeper over them, and the hour that they are of."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.envelope import read
from contract.mandate import HourKey
from hub.ingest.messages import kept
from hub.retention.statements import Statements
from hub.retention.sweeper import Places, Sweeper
from hub.store.objects import Objects, object_name, part_path
from hub.store.retention import Erasures, HourKeys
from hub.store.rows import Rows
from hub.store.segments import Segments
from tests.integration.filming import Filmed, Filming, filming
from tests.integration.town import UNIT, Town


@dataclass
class Footage:
    """What a test turns; the clock is the town's."""

    town: Town
    camera: Filming
    key: HourKey
    objects: Objects

    def sweeper(self) -> Sweeper:
        """As the worker has it, newly started."""
        database = self.town.database
        places = Places(self.objects, self.town.layout.incoming)
        keys, erasures = HourKeys(database), Erasures(database)
        return Sweeper(self.statements(), keys, erasures, places, self.town.keeper, lambda: self.town.now_us)

    def statements(self) -> Statements:
        database = self.town.database
        return Statements(self.town.log, HourKeys(database), Erasures(database), lambda: self.town.now_us)

    async def store(self, filmed: Filmed, in_part: bool = False) -> Path:
        """As ingest keeps a segment, or the first half of one; gives its file."""
        envelope = read(filmed.signed_row)
        await Rows(self.town.database).add(kept(envelope, filmed.row, self.town.identity.public, self.town.now_us))
        if in_part:
            part = part_path(self.town.layout.incoming, UNIT, filmed.chain)
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(filmed.data[: len(filmed.data) // 2])
            return part
        source = self.town.layout.state / "received"
        source.write_bytes(filmed.data)
        name = object_name(filmed.row.deployment, filmed.row.camera, filmed.chain)
        await self.objects.put(name, source)
        await Segments(self.town.database).stored(filmed.chain, self.town.now_us)
        return self.town.layout.objects / name

    async def erased_at_us(self, filmed: Filmed) -> int | None:
        row = await Segments(self.town.database).get(filmed.chain)
        assert row is not None
        return row.erased_at_us

    @property
    def ring(self) -> Path:
        """The key's file."""
        return self.town.layout.keeper / "vault" / "ring" / f"{self.key.key}.json"


@pytest.fixture
async def footage(town: Town) -> Footage:
    camera = await filming(town)
    return Footage(town, camera, camera.order.hour_key(camera.at_us), Objects(town.layout.objects))
