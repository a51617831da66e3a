# SPDX-License-Identifier: EUPL-1.2
"""An hour key dies when it is due, by the keeper's own clock; that is logged once; and it never comes back."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from contract.envelope import spki
from contract.events import Event
from contract.mandate import HOUR_US, HourKey, Keyset, Mandate, Window
from contract.record import load
from hub.audit.faults import LogUnavailableError
from hub.keeper import deaths
from hub.store.vault import Vault, VaultKey
from tests.integration.keeper.footage import STEP_US, film, replay
from tests.integration.keeper.keeping import Running, refused, running
from tests.simulated_hub import SimulatedHub, unit_name

NOW_US = 1_790_000_000_000_000


@pytest.fixture
def hub() -> SimulatedHub:
    return SimulatedHub(NOW_US, unit_name()[0])


def first_key(mandate: Mandate) -> HourKey:
    return load(Keyset, mandate.keyset.body).keys[0]


def hour_of(at_us: int) -> Window:
    return Window(at_us, at_us + HOUR_US)


def destroyed(run: Running) -> list[int]:
    return [index for index, _ in run.log.find(Event.KEY_DESTROYED.value)]


async def test_a_key_dies_when_it_is_due_and_the_log_says_so_once(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        key = first_key(mandate)
        hub.now_us = key.due_us - 1
        assert await run.keeper.overdue() == ()
        await refused(run.keeper.destroy(key.key), "keeper.due")
        assert (tmp_path / "ring" / f"{key.key}.json").exists() and not destroyed(run)

        hub.now_us = key.due_us
        assert await run.keeper.overdue() == (key.key,)
        index = await run.keeper.destroy(key.key)

        leaf = run.log.entry(index)
        [born] = [leaf for _, leaf in run.log.find(Event.KEY_BORN.value) if leaf.ids["key"] == key.key]
        assert leaf.event == Event.KEY_DESTROYED.value
        assert leaf.digest == born.digest == hashlib.sha256(key.public).hexdigest()
        assert leaf.ids == {**born.ids, "grade": "file"}
        [left] = (tmp_path / "ring").glob(f"{key.key}*")
        assert left.name == f"{key.key}.destroyed" and b"wrapped" not in left.read_bytes()
        assert await run.keeper.overdue() == ()
        assert await run.keeper.destroy(key.key) == index
    async with running(tmp_path, hub) as run:
        assert await run.keeper.overdue() == ()
        assert await run.keeper.destroy(key.key) == index
        hub.now_us = key.due_us - 1
        assert await run.keeper.destroy(key.key) == index  # what is done is done, whatever the clock says
        assert destroyed(run) == [index]


async def test_its_bytes_are_overwritten_before_its_name_goes(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        key = first_key(await run.order())
        path = tmp_path / "ring" / f"{key.key}.json"
        os.link(path, tmp_path / "the same file")
        wrapped = load(VaultKey, path.read_bytes()).wrapped
        hub.now_us = key.due_us
        await run.keeper.destroy(key.key)

    left = (tmp_path / "the same file").read_bytes()
    assert set(left) == {0} and len(left) > len(wrapped)


async def test_nothing_opens_with_a_destroyed_key(tmp_path: Path, hub: SimulatedHub) -> None:
    """Playing worked a moment before; and the child that had the key is gone."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        footage = film(run, mandate)
        key = load(Keyset, mandate.keyset.body).for_hour(NOW_US)
        assert key is not None
        hub.now_us = key.due_us - 1
        ref = await replay(run, NOW_US, NOW_US + STEP_US)

        async def play() -> None:
            identity = spki(unit_name()[1])
            await run.keeper.release(ref, identity, footage.head, footage.fields, NOW_US, NOW_US + STEP_US)

        await play()
        [child] = run.service._ring.openers._children.values()

        hub.now_us = key.due_us
        await run.keeper.destroy(key.key)

        assert child.returncode is not None
        await refused(play(), "keeper.due")
        hub.now_us = key.due_us - 1  # a clock set back brings nothing back
        await refused(play(), "keeper.key")


async def test_what_was_deleted_and_not_logged_is_logged_when_asked_again(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        key = first_key(await run.order())
        hub.now_us = key.due_us
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.destroy(key.key)
        assert not (tmp_path / "ring" / f"{key.key}.json").exists()
        assert await run.keeper.overdue() == (key.key,)
    async with running(tmp_path, hub) as run:
        assert await run.keeper.overdue() == (key.key,)
        index = await run.keeper.destroy(key.key)
        assert destroyed(run) == [index]
        assert await run.keeper.overdue() == ()


@pytest.mark.parametrize("step", ["replace", "unlink", "fsync"])
async def test_a_deletion_that_fails_is_loud_and_goes_on_when_asked_again(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async with running(tmp_path, hub) as run:
        key = first_key(await run.order())
        hub.now_us = key.due_us
        with monkeypatch.context() as patch:
            patch.setattr(os, step, broken)
            await refused(run.keeper.destroy(key.key), "keeper.undeleted")
        assert f"the due hour key {key.key} is NOT deleted" in caplog.text
        assert await run.keeper.overdue() == (key.key,) and not destroyed(run)

        index = await run.keeper.destroy(key.key)
        assert destroyed(run) == [index]
        assert not (tmp_path / "ring" / f"{key.key}.json").exists()


async def test_a_file_that_cannot_be_read_dies_too(tmp_path: Path, hub: SimulatedHub) -> None:
    """Its private half may still be in it; what it was, its keyset says."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        key = first_key(mandate)
        path = tmp_path / "ring" / f"{key.key}.json"
        path.write_bytes(path.read_bytes()[:-2])
        Vault(tmp_path / "ring").of_deployment(hub.decision().deployment)  # sets it aside
        assert path.with_name(path.name + ".torn").exists()
        hub.now_us = key.due_us
        assert await run.keeper.overdue() == (key.key,)
        await run.keeper.destroy(key.key)
        assert [left.suffix for left in (tmp_path / "ring").glob(f"{key.key}*")] == [".destroyed"]


async def test_a_torn_key_that_no_keyset_names_dies_by_its_birth(tmp_path: Path, hub: SimulatedHub) -> None:
    """A keeper was cut off between births and keyset, and then the disk spoilt what it had."""
    async with running(tmp_path, hub) as run:
        mandate = await run.order()
        key = first_key(mandate)
        path = tmp_path / "ring" / f"{key.key}.json"
        path.write_bytes(b"torn")
        (tmp_path / "records" / f"{mandate.keyset.digest}.json").unlink()
    hub.now_us = key.due_us - 1
    async with running(tmp_path, hub) as run:
        assert run.service._shelf.keysets == ()
        assert await run.keeper.overdue() == ()
        await refused(run.keeper.destroy(key.key), "keeper.due")
        hub.now_us = key.due_us
        assert await run.keeper.overdue() == (key.key,)
        run.disk.full = True
        with pytest.raises(LogUnavailableError):
            await run.keeper.destroy(key.key)
    async with running(tmp_path, hub) as run:
        assert await run.keeper.overdue() == (key.key,)
        index = await run.keeper.destroy(key.key)
        [born] = [leaf for _, leaf in run.log.find(Event.KEY_BORN.value) if leaf.ids["key"] == key.key]
        gone = run.log.entry(index)
        assert (gone.digest, gone.ids) == (born.digest, {**born.ids, "grade": "file"})
        assert [left.suffix for left in (tmp_path / "ring").glob(f"{key.key}*")] == [".destroyed"]
    async with running(tmp_path, hub) as run:
        assert await run.keeper.overdue() == () and await run.keeper.destroy(key.key) == index


@pytest.mark.parametrize("name", ["{key}.json", "{key}.destroyed", "nothing.json"])
async def test_what_cannot_be_read_stops_no_other_keys_life_or_death(
    tmp_path: Path, hub: SimulatedHub, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    async with running(tmp_path, hub) as run:
        first, second, *_ = load(Keyset, (await run.order()).keyset.body).keys
        path = tmp_path / "ring" / name.format(key=first.key)
        if path.exists():
            path.unlink()
        path.mkdir()
        hub.now_us = second.due_us
        overdue = await run.keeper.overdue()
        assert second.key in overdue and first.key in overdue
        await run.keeper.destroy(second.key)
        if "{key}" in name:
            await refused(run.keeper.destroy(first.key), "keeper.undeleted")
        assert path.is_dir() and f"{path.name} cannot be read" in caplog.text or name == "nothing.json"

        hub.now_us += deaths.UNASKED_US  # and by itself
        await run.service._ring.deaths.unasked(run.service._shelf.keysets)

        later = hub.order(serial=2, windows=(hour_of(hub.now_us),)).decision
        await run.keeper.record(later)
        await run.keeper.birth(later.digest)


async def test_a_key_that_was_never_logged_dies_with_both_its_leaves(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        made = VaultKey("e" * 32, hub.decision().deployment, 0, "main", HOUR_US, bytes(32), bytes(60))
        Vault(tmp_path / "ring").add(made)  # a keeper that was cut off in a birth
        young = replace(made, key="f" * 32, due_us=hub.now_us + 1, public=bytes(range(32)))
        Vault(tmp_path / "ring").add(young)
        size = (await run.keeper.status()).size
        await refused(run.keeper.destroy(young.key), "keeper.due")
        assert (await run.keeper.status()).size == size
        assert await run.keeper.overdue() == (made.key,)
        index = await run.keeper.destroy(made.key)
        born, gone = list(run.log.entries(index - 1, index + 1))
        assert [born.event, gone.event] == ["key.born", "key.destroyed"]
        assert born.digest == gone.digest


@pytest.mark.parametrize("name", ["f" * 32, "0" * 32])
async def test_a_key_that_never_was_is_refused(tmp_path: Path, hub: SimulatedHub, name: str) -> None:
    async with running(tmp_path, hub) as run:
        await run.order()
        await refused(run.keeper.destroy(name), "keeper.key")


async def test_an_hour_whose_key_is_dead_has_no_key_again(tmp_path: Path, hub: SimulatedHub) -> None:
    """Whatever a later decision says of it: what was forgotten stays so."""
    async with running(tmp_path, hub) as run:
        first = await run.order()
        keys = load(Keyset, first.keyset.body).keys
        hub.now_us = keys[0].due_us
        await run.keeper.destroy(keys[0].key)

        windows = hub.decision().windows[0]
        again = hub.order(serial=2, windows=(hour_of(NOW_US), windows), retention_h=300).decision
        await run.keeper.record(again)
        keyset, _ = await run.keeper.birth(again.digest)

        hours = [key.from_us for key in load(Keyset, keyset.body).keys]
        assert keys[0].from_us not in hours
        assert {key.from_us for key in keys[1:]} <= set(hours)  # they live, and serve on


async def test_an_hour_that_is_past_its_retention_has_no_key(tmp_path: Path, hub: SimulatedHub) -> None:
    async with running(tmp_path, hub) as run:
        await run.publish()
        hub.now_us = NOW_US + 200 * HOUR_US
        late = hub.order(windows=(hour_of(NOW_US), hub.decision().windows[0]), retention_h=168).decision
        await run.keeper.record(late)
        keyset, _ = await run.keeper.birth(late.digest)
        assert min(key.from_us for key in load(Keyset, keyset.body).keys) > NOW_US + HOUR_US


async def test_what_nobody_asks_for_dies_after_five_minutes(
    tmp_path: Path, hub: SimulatedHub, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker may be down: then the keeper forgets by itself."""
    async with running(tmp_path, hub) as run:
        key = first_key(await run.order())
        living, keysets = run.service._ring.deaths, run.service._shelf.keysets
        hub.now_us = key.due_us + deaths.UNASKED_US - 1
        await living.unasked(keysets)
        assert not destroyed(run)
        hub.now_us += 1
        await living.unasked(keysets)
        assert "nobody asked for five minutes" in caplog.text
        [index] = destroyed(run)
        assert run.log.entry(index).ids["key"] == key.key
        assert not (tmp_path / "ring" / f"{key.key}.json").exists()
        await living.unasked(keysets)
        assert destroyed(run) == [index]


async def test_what_the_keeper_cannot_forget_by_itself_is_loud_and_tried_at_each_look(
    tmp_path: Path, hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    async with running(tmp_path, hub) as run:
        key = first_key(await run.order())
        living, keysets = run.service._ring.deaths, run.service._shelf.keysets
        hub.now_us = key.due_us + deaths.UNASKED_US
        monkeypatch.setattr(deaths, "LOOK_S", 0.001)
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", broken)
            await living.unasked(keysets)
            assert caplog.text.count(f"the due hour key {key.key} is NOT deleted") == 1
            assert not destroyed(run)
        looking = asyncio.create_task(living.run(lambda: keysets))
        async with asyncio.timeout(5):
            while not destroyed(run):
                await asyncio.sleep(0.01)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
