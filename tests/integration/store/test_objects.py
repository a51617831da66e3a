# SPDX-License-Identifier: EUPL-1.2
"""Objects: whole or not at all, by key, inside their folder."""

from pathlib import Path

import pytest

from hub.store.objects import Objects

KEY = "0197-deployment/cam-1/" + "ab" * 32 + ".fzs"


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "objects")


async def test_what_was_put_is_got_by_range(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 4096)

    await objects.put(KEY, source)

    assert await objects.length(KEY) == 256 * 4096
    assert await objects.get(KEY, 250, 260) == bytes([250, 251, 252, 253, 254, 255, 0, 1, 2, 3])


async def test_the_same_key_twice_is_one_object(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"sealed")
    await objects.put(KEY, source)
    await objects.put(KEY, source)

    assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == [KEY.rsplit("/", 1)[1]]


async def test_what_is_not_there_is_not_there(objects: Objects) -> None:
    assert await objects.length(KEY) is None
    with pytest.raises(FileNotFoundError):
        await objects.get(KEY, 0, 1)


async def test_a_store_that_takes_nothing_is_an_os_error(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"sealed")
    (tmp_path / "objects" / "0197-deployment").write_bytes(b"a file where a folder belongs")

    with pytest.raises(OSError) as refused:
        await objects.put(KEY, source)
    assert refused.value.strerror
