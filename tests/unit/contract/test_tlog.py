# SPDX-License-Identifier: EUPL-1.2
"""The log's formats: against reference vectors, against a naive tree, and against anything else."""

import base64
import hashlib
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contract import tlog
from contract.record import ContractError
from contract.tlog import Checkpoint, Leaf

# The inputs and roots with which implementations of RFC 6962 are tested since Certificate Transparency's own.
CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# A checkpoint that Tessera (Go) signed, and the verifier key of its test log.
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TESSERA_CHECKPOINT = """\
example.com/log/testdata
100270
GRV1O0dCqmjjPvYi7CtOT79zb/fPwLNsMFWsynwU8Ac=

— example.com/log/testdata M9e0lkcvy5bAe7rrC8tCyAP+my+CLzswA91zOpBNWVU7qCojkUOHnfdQzDImoYeYH8G8PJSwOqsx0RkSa261OmKVwwM=
"""
# The verifier key in the documentation of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

ORIGIN = "hub.example.nl/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
GOLDEN = """\
hub.example.nl/log
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

— hub.example.nl/log 1+3ZEK/QIfgk7CHTPSKub3lQpsV3E8lz11E+Pt0ug9rUQB5qBJczbwngUNIf946JPToo1XG7Ggbt55k1BQ4MOPb48Q4=
"""


# --- Tree and proofs, against the definitions of RFC 6962 written down as they stand there --------------------


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = naive_split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = naive_split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = naive_split(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def hashes(count: int) -> list[bytes]:
    return [tlog.leaf_hash(b"%d" % index) for index in range(count)]


def reader(leaves: list[bytes]) -> tlog.Reader:
    """Through tiles, as a log has them."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        row = levels[-1]
        levels.append([tlog.root(row[at : at + 256]) for at in range(0, len(row) - 255, 256)])
    return tlog.from_tiles(lambda level, n: levels[level][n * 256 : (n + 1) * 256])


def test_roots_are_those_of_certificate_transparency() -> None:
    leaves = [tlog.leaf_hash(entry) for entry in CT_ENTRIES]
    for size, expected in enumerate(CT_ROOTS, 1):
        assert tlog.root(leaves[:size]).hex() == expected
        assert tlog.tree_root(size, reader(leaves)).hex() == expected
    assert tlog.root([]) == tlog.EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_every_inclusion_proof_up_to_80_leaves() -> None:
    leaves = hashes(80)
    read = reader(leaves)
    for size in range(1, 81):
        root = naive_root(leaves[:size])
        assert tlog.tree_root(size, read) == tlog.root(leaves[:size]) == root
        for index in range(size):
            path = tlog.inclusion_proof(index, size, read)
            assert list(path) == naive_path(index, leaves[:size])
            tlog.verify_inclusion(leaves[index], index, size, root, path)


def test_every_consistency_proof_up_to_80_leaves() -> None:
    leaves = hashes(80)
    read = reader(leaves)
    roots = [naive_root(leaves[:size]) for size in range(81)]
    for new in range(1, 81):
        for old in range(new + 1):
            path = tlog.consistency_proof(old, new, read)
            assert list(path) == (naive_subproof(old, leaves[:new], True) if old else [])
            tlog.verify_consistency(old, roots[old], new, roots[new], path)


@pytest.mark.parametrize("size", [255, 256, 257, 511, 513, 65_535, 65_536, 65_793])
def test_proofs_across_tiles(size: int) -> None:
    leaves = hashes(size)
    read = reader(leaves)
    root = tlog.root(leaves)
    assert tlog.tree_root(size, read) == root
    for index in {0, 1, 100, 254, 255, 256, 257, size // 2, size - 2, size - 1} & set(range(size)):
        tlog.verify_inclusion(leaves[index], index, size, root, tlog.inclusion_proof(index, size, read))
        old = tlog.root(leaves[:index])
        tlog.verify_consistency(index, old, size, root, tlog.consistency_proof(index, size, read))


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def spoiled(path: tuple[bytes, ...], filler: bytes) -> list[tuple[bytes, ...]]:
    """Paths that are not this one: a bit changed in each node, one more, one fewer, two exchanged."""
    changed = [(*path[:at], flipped(path[at], 11 * at % 256), *path[at + 1 :]) for at in range(len(path))]
    longer = [(*path[:at], filler, *path[at:]) for at in range(len(path) + 1)]
    shorter = [(*path[:at], *path[at + 1 :]) for at in range(len(path))]
    return changed + longer + shorter + ([path[::-1]] if len(path) > 1 else [])


def test_an_altered_inclusion_proof_is_refused() -> None:
    leaves = hashes(21)
    read = reader(leaves)
    for size in range(1, 22):
        root = tlog.root(leaves[:size])
        for index in range(size):
            path = tlog.inclusion_proof(index, size, read)
            cases = [(leaves[index], index, size, root, other) for other in spoiled(path, leaves[0])]
            cases += [(leaves[index], other, size, root, path) for other in range(size) if other != index]
            cases += [(flipped(leaves[index], bit), index, size, root, path) for bit in (0, 255)]
            cases += [(leaves[index], index, size, flipped(root, bit), path) for bit in (0, 255)]
            cases += [(leaves[index], -1, size, root, path), (leaves[index], size, size, root, path)]
            for case in cases:
                with pytest.raises(ContractError):
                    tlog.verify_inclusion(*case)


def test_an_altered_consistency_proof_is_refused() -> None:
    leaves = hashes(21)
    read = reader(leaves)
    roots = [tlog.root(leaves[:size]) for size in range(22)]
    for new in range(1, 22):
        for old in range(new + 1):
            path = tlog.consistency_proof(old, new, read)
            cases = [(old, roots[old], new, roots[new], other) for other in spoiled(path, leaves[0])]
            cases += [
                (old, flipped(roots[old], 9), new, roots[new], path),
                (new + 1, roots[old], new, roots[new], path),
            ]
            if old:  # every tree begins with the empty one
                cases += [(old, roots[old], new, flipped(roots[new], 200), path)]
            for case in cases:
                with pytest.raises(ContractError):
                    tlog.verify_consistency(*case)


def test_a_rewritten_past_has_no_consistency_proof() -> None:
    honest, forged = hashes(40), hashes(40)
    forged[3] = tlog.leaf_hash(b"not what happened")
    for old in range(4, 30):
        path = tlog.consistency_proof(old, 40, reader(forged))
        with pytest.raises(ContractError):
            tlog.verify_consistency(old, tlog.root(honest[:old]), 40, tlog.root(forged), path)


def test_requests_for_trees_that_are_not_there() -> None:
    read = reader(hashes(8))
    wrong: list[Callable[[], object]] = [
        lambda: tlog.inclusion_proof(8, 8, read),
        lambda: tlog.inclusion_proof(-1, 8, read),
        lambda: tlog.consistency_proof(9, 8, read),
        lambda: tlog.consistency_proof(-1, 8, read),
        lambda: tlog.tree_root(2**53, read),
        lambda: tlog.inclusion_proof(0, 9, read),  # the tile is too short
    ]
    for call in wrong:
        with pytest.raises(ContractError):
            call()


@given(st.binary(max_size=33), st.integers(), st.integers(), st.lists(st.binary(min_size=31, max_size=33), max_size=70))
def test_any_proof_is_judged(value: bytes, one: int, two: int, path: list[bytes]) -> None:
    leaf, root = value.ljust(32, b"\0"), b"\1" * 32
    for index, size in ((one, two), (abs(one), abs(one) + 1 + abs(two)), (one % 50, 50)):
        with pytest.raises(ContractError):
            tlog.verify_inclusion(leaf, index, size, root, path)
        with pytest.raises(ContractError):
            tlog.verify_consistency(index, leaf, size, root, [*path, root])


# --- Tiles ----------------------------------------------------------------------------------------------------


def test_paths_are_those_of_the_specification() -> None:
    assert tlog.tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tlog.tile_path(1, 0, 1) == "tile/1/000.p/1"
    assert tlog.tile_path(63, 999, 255) == "tile/63/999.p/255"
    assert tlog.entries_path(1000) == "tile/entries/x001/000"
    assert tlog.entries_path(273, 112) == "tile/entries/273.p/112"
    # A tree of 70 000: 273 full tiles and one of 112; one full and one of 17; one of 1.
    widths = [tlog.tile_width(level, n, 70_000) for level, n in ((0, 272), (0, 273), (0, 274), (1, 0), (1, 1), (2, 0))]
    assert widths == [256, 112, 0, 256, 17, 1]
    assert [tlog.tile_width(0, 0, 256), tlog.tile_width(0, 1, 256), tlog.tile_width(1, 0, 256)] == [256, 0, 1]


@given(st.none() | st.integers(0, 63), st.integers(0, 2**45 - 1), st.integers(1, 256))
def test_a_path_reads_back(level: int | None, n: int, width: int) -> None:
    path = tlog.entries_path(n, width) if level is None else tlog.tile_path(level, n, width)
    assert tlog.parse_tile_path(path) == (level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x234/067/",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/x999/x999/x999/x999/x999/999",
        "checkpoint",
        "",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ContractError):
        tlog.parse_tile_path(path)


@given(st.text(alphabet="tile/0123entries.px", max_size=30) | st.text())
def test_any_path_is_judged(path: str) -> None:
    try:
        level, n, width = tlog.parse_tile_path(path)
    except ContractError:
        return
    assert path == (tlog.entries_path(n, width) if level is None else tlog.tile_path(level, n, width))


@given(st.binary(max_size=200) | st.integers(0, 300).map(lambda count: bytes(32 * count)))
def test_any_tile_is_judged(data: bytes) -> None:
    try:
        parts = tlog.decode_tile(data)
    except ContractError:
        assert len(data) % 32 or not 1 <= len(data) // 32 <= 256
        return
    assert tlog.encode_tile(parts) == data


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=256))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    data = tlog.encode_bundle(entries)
    assert tlog.decode_bundle(data) == tuple(entries)


@given(st.binary() | st.lists(st.sampled_from([b"\0\0", b"\0\1a", b"\xff\xff"]), max_size=300).map(b"".join))
def test_any_bundle_is_judged(data: bytes) -> None:
    try:
        entries = tlog.decode_bundle(data)
    except ContractError:
        return
    assert 1 <= len(entries) <= 256
    assert tlog.encode_bundle(entries) == data


def test_bounds_of_a_bundle() -> None:
    assert tlog.encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert tlog.decode_bundle(tlog.encode_bundle([b"x" * 65_535])) == (b"x" * 65_535,)
    with pytest.raises(ContractError):
        tlog.encode_bundle([b"x" * 65_536])
    with pytest.raises(ContractError):
        tlog.decode_bundle(b"\0\0" * 257)


# --- Checkpoint -----------------------------------------------------------------------------------------------


def test_a_checkpoint_of_another_implementation() -> None:
    name, key = tlog.decode_vkey(TESSERA_VKEY)
    checkpoint = tlog.verify_checkpoint(TESSERA_CHECKPOINT, name, key)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/log/testdata", 100_270)
    assert checkpoint.root.hex().startswith("1915753b4742aa68")


@pytest.mark.parametrize("vkey", [TESSERA_VKEY, GO_VKEY])
def test_verifier_keys_of_other_implementations(vkey: str) -> None:
    assert tlog.encode_vkey(*tlog.decode_vkey(vkey)) == vkey


def test_the_golden_checkpoint() -> None:
    checkpoint = Checkpoint(ORIGIN, 8, bytes.fromhex(CT_ROOTS[7]))
    assert tlog.sign_checkpoint(checkpoint, KEY) == GOLDEN
    assert tlog.verify_checkpoint(GOLDEN, ORIGIN, KEY.public_key()) == checkpoint


def test_the_reference_shows_this_checkpoint() -> None:
    reference = (Path(__file__).parents[3] / "docs/reference/log.md").read_text()
    assert textwrap.indent(GOLDEN, "    ") in reference
    assert f"`{tlog.encode_vkey(ORIGIN, KEY.public_key())}`" in reference


def other_signature(number: int, name: str = "witness.example") -> str:
    key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    note = tlog.sign_checkpoint(Checkpoint(name, 8, bytes(32)), key)
    return note.rpartition("\n\n")[2]


def test_signatures_of_others_are_passed_over() -> None:
    public_key = KEY.public_key()
    checkpoint = tlog.verify_checkpoint(GOLDEN, ORIGIN, public_key)
    cosigned = GOLDEN + "".join(other_signature(number) for number in range(31))
    assert tlog.verify_checkpoint(cosigned, ORIGIN, public_key) == checkpoint
    # The same name with another key (rotation), and in front of ours.
    body, _, own = GOLDEN.rpartition("\n\n")
    assert tlog.verify_checkpoint(f"{body}\n\n{other_signature(1, ORIGIN)}{own}", ORIGIN, public_key) == checkpoint
    with pytest.raises(ContractError, match="too many"):
        tlog.verify_checkpoint(cosigned + other_signature(31), ORIGIN, public_key)
    with pytest.raises(ContractError, match="not signed by the log's key"):
        tlog.verify_checkpoint(f"{body}\n\n{other_signature(1)}", ORIGIN, public_key)


def test_a_bad_signature_of_our_key_spoils_a_good_one() -> None:
    body, _, own = GOLDEN.rpartition("\n\n")
    forged = tlog.sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), KEY).rpartition("\n\n")[2]
    for lines in (own + forged, forged + own, forged):
        with pytest.raises(ContractError, match="does not verify"):
            tlog.verify_checkpoint(f"{body}\n\n{lines}", ORIGIN, KEY.public_key())


def signed(body: str) -> str:
    """A text that our key has signed, whatever it says."""
    data = tlog.key_id(ORIGIN, KEY.public_key()) + KEY.sign(body.encode())
    return f"{body}\n— {ORIGIN} {base64.b64encode(data).decode()}\n"


ROOT = GOLDEN.split("\n")[2]


def test_what_the_key_signs_is_read() -> None:
    assert signed(f"{ORIGIN}\n8\n{ROOT}\n") == GOLDEN


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n08\n{ROOT}\n",
        f"{ORIGIN}\n-8\n{ROOT}\n",
        f"{ORIGIN}\n8 \n{ROOT}\n",
        f"{ORIGIN}\n٨\n{ROOT}\n",
        f"{ORIGIN}\n9007199254740992\n{ROOT}\n",
        f"{ORIGIN}\n8\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n8\n{ROOT[:-2]}h=\n",
        f"{ORIGIN}\n8\n{'A' * 40}\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n8\n{ROOT}\nextension\n",
        f"{ORIGIN}\n8\n{ROOT}\n\n",
        f"{ORIGIN}\n8\n",
        f"other.example\n8\n{ROOT}\n",
        f"\n{ORIGIN}\n8\n{ROOT}\n",
        f"{ORIGIN}\n8\n{ROOT}\r\n",
        "\n",
    ],
)
def test_signed_but_not_a_checkpoint(body: str) -> None:
    with pytest.raises(ContractError):
        tlog.verify_checkpoint(signed(body), ORIGIN, KEY.public_key())


def test_no_bit_of_a_checkpoint_may_change() -> None:
    data = GOLDEN.encode()
    for bit in range(len(data) * 8):
        try:
            text = flipped(data, bit).decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises(ContractError):
            tlog.verify_checkpoint(text, ORIGIN, KEY.public_key())


@pytest.mark.parametrize(
    "text",
    [
        GOLDEN[:-1],
        GOLDEN + "\n",
        GOLDEN.replace("—", "-"),
        GOLDEN.replace("— ", "—"),
        GOLDEN.replace("\n\n", "\n"),
        GOLDEN.replace("\n", "\r\n"),
        GOLDEN + "— witness.example AAAA\n",
        GOLDEN + "— witness+example AAAAAAAA\n",
        GOLDEN + "— wit\u00a0ness AAAAAAAA\n",
        GOLDEN + "—  AAAAAAAA\n",
        GOLDEN + "— witness.example AAAAAAB=\n",
        GOLDEN + f"— witness.example {'A' * tlog.NOTE_LIMIT}\n",
        GOLDEN + "\ud800",
    ],
)
def test_notes_that_are_not_well_formed(text: str) -> None:
    with pytest.raises(ContractError):
        tlog.verify_checkpoint(text, ORIGIN, KEY.public_key())


NOTES = st.lists(
    st.sampled_from([*GOLDEN.splitlines(keepends=True), "\n", "—", " ", "0", "+", "\x00", "\ud800", "é", "=="]),
    max_size=12,
).map("".join)


@given(st.text() | NOTES)
def test_any_note_is_judged(text: str) -> None:
    try:
        tlog.verify_checkpoint(text, ORIGIN, KEY.public_key())
    except ContractError:
        return
    assert text.startswith(GOLDEN)


@given(st.text() | st.lists(st.sampled_from([*GO_VKEY.split("+"), "+", "=", "é", "\ud800"]), max_size=7).map("".join))
def test_any_verifier_key_is_judged(text: str) -> None:
    try:
        name, key = tlog.decode_vkey(text)
    except ContractError:
        return
    assert tlog.encode_vkey(name, key) == text


def test_altered_verifier_keys_are_refused() -> None:
    name, hex_id, data = GO_VKEY.split("+")
    for vkey in (
        f"{name}x+{hex_id}+{data}",
        f"{name}+{hex_id.upper()}+{data}",
        f"{name}+{hex_id}+B{data[1:]}",
        f"{name}+{hex_id}+{data[:-4]}",
        f" {GO_VKEY}",
        f"{GO_VKEY}\n",
    ):
        with pytest.raises(ContractError):
            tlog.decode_vkey(vkey)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, bytes(32)),
        ("a b", 1, bytes(32)),
        ("a+b", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("a" * 256, 1, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", 2**53, bytes(32)),
        ("a", 1, bytes(31)),
        ("a", 0, bytes(32)),
    ],
)
def test_no_such_checkpoint(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(ContractError):
        Checkpoint(origin, size, root)


# --- Leaf -----------------------------------------------------------------------------------------------------

LEAF = Leaf(
    1_767_225_600_000_000,
    "key.born",
    {"layer": "main", "hour": "2026-01-01T00Z", "due": "1767830400000000", "key": "0" * 64},
    hashlib.sha256(b"").hexdigest(),
)
LEAF_BYTES = (
    b'{"at_us":1767225600000000,"digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",'
    b'"event":"key.born","ids":{"due":"1767830400000000","hour":"2026-01-01T00Z",'
    b'"key":"0000000000000000000000000000000000000000000000000000000000000000","layer":"main"}}'
)


def test_the_golden_leaf() -> None:
    assert LEAF.encode() == LEAF_BYTES
    assert Leaf.decode(LEAF_BYTES) == LEAF
    assert hash(Leaf.decode(LEAF_BYTES)) == hash(LEAF)


def test_a_leaf_does_not_change() -> None:
    ids = {"unit": "mast-7"}
    leaf = Leaf(1, "event", ids, "0" * 64)
    ids["unit"] = "mast-8"
    assert leaf.ids == {"unit": "mast-7"}
    with pytest.raises(TypeError):
        leaf.ids["unit"] = "mast-9"  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"at_us":1767225600000000', b'"at_us":-1'),
        (b'"at_us":1767225600000000', b'"at_us":1.5'),
        (b'"at_us":1767225600000000', b'"at_us":true'),
        (b'"at_us":1767225600000000', b'"at_us":"1"'),
        (b'"at_us":1767225600000000', b'"at_us":9007199254740992'),
        (b'"at_us":1767225600000000', b'"at_us": 1'),
        (b'"at_us":1767225600000000,', b""),
        (b'"at_us"', b'"zt_us"'),
        (b'{"at_us"', b'{"a":1,"at_us"'),
        (b"e3b0", b"E3B0"),
        (b"e3b0", b"e3b"),
        (b'"key.born"', b'"Key born"'),
        (b'"key.born"', b"null"),
        (b'"layer":"main"', b'"layer":"the main one"'),
        (b'"layer":"main"', b'"layer":""'),
        (b'"layer":"main"', b'"layer":1'),
        (b'"layer":"main"', b'"layer":{}'),
        (b'"layer":"main"', b'"layer":"main","layer":"main"'),
        (b'"layer":"main"', b'"Layer":"main"'),
        (b'"layer":"main"', b'"layer":"j.jansen@example.nl"'),
        (b'{"due":"1767830400000000","hour":"2026-01-01T00Z",', b"["),
    ],
)
def test_other_leaves_are_refused(old: bytes, new: bytes) -> None:
    assert old in LEAF_BYTES
    with pytest.raises(ContractError):
        Leaf.decode(LEAF_BYTES.replace(old, new))


def test_a_leaf_fits_in_a_bundle() -> None:
    fits = {f"id{number:03}": "x" * 500 for number in range(125)}
    assert len(Leaf(1, "event", fits, "0" * 64).encode()) <= 65_535
    with pytest.raises(ContractError, match="more than 65535"):
        Leaf(1, "event", fits | {f"more{number}": "x" * 500 for number in range(10)}, "0" * 64).encode()


FRAGMENTS = [part.encode() for part in re.split(r"(?<=[:,{}])", LEAF_BYTES.decode())]


@given(st.binary() | st.lists(st.sampled_from([*FRAGMENTS, b"[", b"]", b"\xff", b"1e9", b"[" * 2000])).map(b"".join))
def test_any_entry_is_judged(entry: bytes) -> None:
    try:
        leaf = Leaf.decode(entry)
    except ContractError:
        return
    assert leaf.encode() == entry


@given(
    st.integers(0, 2**53 - 1),
    st.from_regex(r"[a-z][a-z.]{0,20}", fullmatch=True),
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9._:,/-]{1,40}", fullmatch=True),
    ),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)
def test_a_leaf_reads_back(at_us: int, event: str, ids: dict[str, str], digest: str) -> None:
    leaf = Leaf(at_us, event, ids, digest)
    assert Leaf.decode(leaf.encode()) == leaf


# --- Commitment -----------------------------------------------------------------------------------------------


def test_the_commitment_is_the_hash_that_the_reference_says() -> None:
    salt, body = bytes(range(16)), b'{"actor":"a-17"}'
    expected = hashlib.sha256(b"flexzicht/commitment/v1\n\x10" + salt + body).hexdigest()
    assert tlog.commitment(body, salt) == expected


@given(st.binary(min_size=40, max_size=60), st.integers(16, 31))
def test_salt_and_body_have_one_border(data: bytes, border: int) -> None:
    one = tlog.commitment(data[border:], data[:border])
    two = tlog.commitment(data[border + 1 :], data[: border + 1])
    assert one != two


@pytest.mark.parametrize("length", [0, 15, 33])
def test_a_salt_has_its_length(length: int) -> None:
    with pytest.raises(ContractError):
        tlog.commitment(b"body", bytes(length))
