# SPDX-License-Identifier: EUPL-1.2
"""The transparency log as a third party sees it: tree, proofs, tiles, checkpoint, leaf. Pure, no I/O.

Sources: RFC 6962 2.1 (hashes), RFC 9162 2.1 (proofs), and of C2SP `tlog-tiles` (paths, tiles, entry bundles),
`tlog-checkpoint` and `signed-note` (the checkpoint). `docs/reference/log.md` has it all for who writes a verifier.

Promises: whatever the input, parsers and verifiers raise :class:`~contract.record.ContractError` and nothing else;
a verifier that returns has verified. A proof is made from hashes that a :data:`Reader` gives, so that the files of a
log and a writer's memory share one implementation; who makes a proof from hashes that are not trusted verifies it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.record import INTEGER_LIMIT, ContractError, decode, encode

HASH_LENGTH = 32  # bytes, SHA-256
EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962 2.1: the hash of an empty list
TILE_HEIGHT = 8  # tree levels in one tile
TILE_WIDTH = 1 << TILE_HEIGHT  # hashes in a full tile, entries in a full bundle
TILE_LEVELS = 64  # tlog-tiles: levels 0..63
SIZE_LIMIT = INTEGER_LIMIT  # leaves; a size travels as a JSON integer
ENTRY_LIMIT = 0xFFFF  # bytes; the length prefix in a bundle is a u16
NOTE_LIMIT = 131_072  # characters; room for sixteen post-quantum signatures of 5 kB, as signed-note asks
SIGNATURE_LIMIT = 32  # lines; signed-note asks for at least 16
ORIGIN_LIMIT = 255  # characters

ED25519 = b"\x01"  # signed-note's signature type
COMMITMENT_DOMAIN = b"flexzicht/commitment/v1\n"

Reader = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over leaves `index << level` up to `(index + 1) << level`."""
TileReader = Callable[[int, int], Sequence[bytes]]
"""(tile level, tile index) -> the tile's hashes; a partial tile has fewer than 256."""


# --- Hashes (RFC 6962 2.1) ------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Merkle tree hash over leaf hashes, or over the roots of equally large complete subtrees."""
    row = list(hashes)
    while len(row) > 1:
        pairs = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        # A last one without a partner moves up as it is: RFC 6962 splits at the largest power of two.
        row = pairs + row[len(pairs) * 2 :]
    return row[0] if row else EMPTY_ROOT


# --- Proofs (RFC 9162 2.1.3, 2.1.4) ---------------------------------------------------------------------------


def tree_root(size: int, read: Reader) -> bytes:
    """Root of the tree of the first `size` leaves; reads only complete subtrees along its right edge."""
    _size(size)
    return _span(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Reader) -> tuple[bytes, ...]:
    """Path from leaf `index` to the root of the first `size` leaves, the leaf's sibling first."""
    _size(size)
    if not 0 <= index < size:
        raise ContractError(f"no leaf {index} in a tree of {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(_span(split, end, read))
            end = split
        else:
            path.append(_span(start, split, read))
            start = split
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, read: Reader) -> tuple[bytes, ...]:
    """Path that shows the first `old_size` leaves unchanged; empty from size 0 and for equal sizes."""
    _size(new_size)
    if not 0 <= old_size <= new_size:
        raise ContractError(f"no tree of {old_size} in a tree of {new_size}")
    if old_size in (0, new_size):
        return ()
    path = []
    start, end = 0, new_size
    while end > old_size:
        split = start + _split(end - start)
        if old_size <= split:
            path.append(_span(split, end, read))
            end = split
        else:
            path.append(_span(start, split, read))
            start = split
    if start:  # with start 0 the old tree is a complete subtree, whose hash the verifier has
        path.append(_span(start, end, read))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Return if the leaf whose *hash* is `leaf` stands at `index` under `root` (RFC 9162 2.1.3.2).

    Raises:
        ContractError: it does not, or this path does not show it.
    """
    _hashes(leaf, root, *path)
    _size(size)
    if not 0 <= index < size:
        raise ContractError(f"no leaf {index} in a tree of {size}")
    _, whole = _fold(index, size - 1, leaf, path)
    if whole != root:
        raise ContractError(f"proof: leaf {index} is not shown to be in this tree of {size}")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Return if the tree of `new_size` begins with the whole tree of `old_size` (RFC 9162 2.1.4.2).

    Every tree begins with the empty one: from size 0 only the empty root and an empty path are accepted.

    Raises:
        ContractError: it does not, or this path does not show it.
    """
    _hashes(old_root, new_root, *path)
    _size(new_size)
    if not 0 <= old_size <= new_size:
        raise ContractError(f"no tree of {old_size} in a tree of {new_size}")
    if old_size in (0, new_size):
        if path or old_root != (new_root if old_size else EMPTY_ROOT):
            raise ContractError("proof: not the same tree")
        return
    if not old_size & (old_size - 1):  # a power of two: the old tree is itself a node of the new one
        path = (old_root, *path)
    if not path:
        raise ContractError("proof: too short")
    here, last = old_size - 1, new_size - 1
    while here & 1:  # up to the root of the complete subtree in which the old tree ends
        here, last = here >> 1, last >> 1
    if _fold(here, last, path[0], path[1:]) != (old_root, new_root):
        raise ContractError(f"proof: the tree of {new_size} is not shown to begin with that of {old_size}")


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _span(start: int, end: int, read: Reader) -> bytes:
    """Root over leaves start..end; `start` is a multiple of a power of two >= end - start, as in every proof."""
    complete = []
    while start < end:
        level = (end - start).bit_length() - 1
        complete.append(read(level, start >> level))
        start += 1 << level
    result = complete.pop()
    while complete:
        result = node_hash(complete.pop(), result)
    return result


def _fold(here: int, last: int, seed: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Climb from node `here` of a row that ends with node `last`: roots over all up to `here`, and over the whole."""
    left = whole = seed
    for node in path:
        if last == 0:
            raise ContractError("proof: too long")
        if here & 1 or here == last:
            left, whole = node_hash(node, left), node_hash(node, whole)
            while here and not here & 1:  # rows in which this node has no sibling
                here, last = here >> 1, last >> 1
        else:
            whole = node_hash(whole, node)
        here, last = here >> 1, last >> 1
    if last:
        raise ContractError("proof: too short")
    return left, whole


def _size(size: int) -> None:
    if not 0 <= size <= SIZE_LIMIT:
        raise ContractError("a tree size is out of range")


def _hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_LENGTH for value in hashes):
        raise ContractError(f"a hash is not {HASH_LENGTH} bytes")


# --- Tiles (C2SP tlog-tiles) ----------------------------------------------------------------------------------


def tile_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """`tile/<level>/<n>[.p/<width>]`, relative to the log's prefix."""
    if not 0 <= level < TILE_LEVELS:
        raise ContractError(f"no tile level {level}")
    return f"tile/{level}/{_numbered(n, width)}"


def entries_path(n: int, width: int = TILE_WIDTH) -> str:
    """`tile/entries/<n>[.p/<width>]`: the entries whose hashes are tile `n` of level 0."""
    return f"tile/entries/{_numbered(n, width)}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """(level, n, width) of a tile's path; the level of an entry bundle is None."""
    match = re.fullmatch(
        r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([0-9]{1,3}))?", path, re.ASCII
    )
    if match is None:
        raise ContractError("not the path of a tile")
    level = None if match[1] == "entries" else int(match[1])
    n, width = int(re.sub("[x/]", "", match[2])), int(match[3] or TILE_WIDTH)
    canonical = entries_path(n, width) if level is None else tile_path(level, n, width)
    if path != canonical:
        raise ContractError("not the canonical path of a tile")
    return level, n, width


def tile_width(level: int, n: int, size: int) -> int:
    """How many hashes tile `n` of a level has in a tree of `size`: 0 (no such tile) to 256 (full)."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - n * TILE_WIDTH))


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """Hashes one after another."""
    return b"".join(hashes)


def decode_tile(data: bytes) -> tuple[bytes, ...]:
    """The 1..256 hashes of a tile."""
    if len(data) % HASH_LENGTH or not 1 <= len(data) // HASH_LENGTH <= TILE_WIDTH:
        raise ContractError("not a tile")
    return tuple(data[at : at + HASH_LENGTH] for at in range(0, len(data), HASH_LENGTH))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry behind its length as a big-endian u16."""
    if any(len(entry) > ENTRY_LIMIT for entry in entries):
        raise ContractError(f"an entry is longer than {ENTRY_LIMIT} bytes")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(data: bytes) -> tuple[bytes, ...]:
    """The 1..256 entries of a bundle."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data) or len(entries) == TILE_WIDTH:
            raise ContractError("not an entry bundle")
        entries.append(data[begin:at])
    if not entries:
        raise ContractError("an empty entry bundle")
    return tuple(entries)


def from_tiles(tile: TileReader) -> Reader:
    """Hashes of complete subtrees, computed from the tiles that hold their lowest stored level."""

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        n, offset = divmod(index << height, TILE_WIDTH)
        hashes = tile(tile_level, n)[offset : offset + (1 << height)]
        if len(hashes) != 1 << height:
            raise ContractError(f"{tile_path(tile_level, n)} is too short")
        return root(hashes)

    return read


def _numbered(n: int, width: int) -> str:
    if not 0 <= n <= SIZE_LIMIT // TILE_WIDTH or not 1 <= width <= TILE_WIDTH:
        raise ContractError("no such tile")
    parts = [f"{n % 1000:03}"]
    while n := n // 1000:
        parts.append(f"x{n % 1000:03}")
    return "/".join(reversed(parts)) + (f".p/{width}" if width < TILE_WIDTH else "")


# --- Checkpoint (C2SP tlog-checkpoint, signed-note) -----------------------------------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """What a log says about itself: its name, how many leaves it has, and the hash over all of them.

    Raises:
        ContractError: a value has no place in a checkpoint.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _key_name(self.origin)
        _size(self.size)
        _hashes(self.root)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise ContractError("checkpoint: an empty tree has another root")

    def text(self) -> str:
        """The three lines that are signed. Extension lines are never written."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note with one signature, by the key that carries the origin as its name."""
    text = checkpoint.text()
    signature = key_id(checkpoint.origin, private_key.public_key()) + private_key.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def verify_checkpoint(text: str, origin: str, public_key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint that `public_key` signed as `origin`.

    Signatures by other keys (witnesses, a rotated log key) are passed over, as signed-note demands, but must be
    well-formed and at most 32; each one that claims to be this key's must verify.

    Raises:
        ContractError: not a checkpoint, of another log, or not signed by its key.
    """
    body, signatures = _open_note(text)
    lines = body.split("\n")
    if len(lines) != 4:  # origin, size, root, and what follows the last newline: extension lines are refused
        raise ContractError("checkpoint: not three lines")
    if lines[0] != origin:
        raise ContractError("checkpoint: of another log")
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1], re.ASCII):
        raise ContractError("checkpoint: not a size")
    checkpoint = Checkpoint(origin, int(lines[1]), _base64(lines[2]))
    wanted = key_id(origin, public_key)
    own = [data[4:] for name, data in signatures if name == origin and data[:4] == wanted]
    if not own:
        raise ContractError("checkpoint: not signed by the log's key")
    for signature in own:
        try:
            public_key.verify(signature, body.encode())
        except InvalidSignature as error:
            raise ContractError("checkpoint: a signature of the log's key does not verify") from error
    return checkpoint


def key_id(name: str, public_key: Ed25519PublicKey) -> bytes:
    """signed-note's key id: the first four bytes of SHA-256(name || newline || type || public key)."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key.public_bytes_raw()).digest()[:4]


def encode_vkey(name: str, public_key: Ed25519PublicKey) -> str:
    """A verifier key in one line, as people hand it to each other: `name+key id+base64(type || public key)`."""
    _key_name(name)
    data = base64.b64encode(ED25519 + public_key.public_bytes_raw()).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{data}"


def decode_vkey(text: str) -> tuple[str, Ed25519PublicKey]:
    """The name and the Ed25519 key of a verifier key."""
    parts = text.split("+", 2)  # a name has no plus; base64 may
    if len(parts) != 3:
        raise ContractError("verifier key: not name+id+key")
    name = _key_name(parts[0])
    data = _base64(parts[2])
    if len(data) != 1 + HASH_LENGTH or data[:1] != ED25519:
        raise ContractError("verifier key: not an Ed25519 key")
    public_key = Ed25519PublicKey.from_public_bytes(data[1:])
    if key_id(name, public_key).hex() != parts[1]:
        raise ContractError("verifier key: the key id does not fit")
    return name, public_key


def _open_note(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's signed text and its signatures as (key name, key id || signature)."""
    if len(text) > NOTE_LIMIT:
        raise ContractError(f"note: longer than {NOTE_LIMIT} characters")
    if not re.fullmatch(r"[^\x00-\x09\x0b-\x1f\ud800-\udfff]*", text):
        raise ContractError("note: not plain text")
    body, blank, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() or not 1 <= len(lines) <= SIGNATURE_LIMIT:
        raise ContractError("note: no signatures, or too many")
    return body + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _base64(encoded)
    if dash != "—" or len(data) < 5:
        raise ContractError("note: not a signature line")
    return _key_name(name), data


def _key_name(name: str) -> str:
    if len(name) > ORIGIN_LIMIT or not re.fullmatch(r"[^\s+\x00-\x1f\ud800-\udfff]+", name):
        raise ContractError("not the name of a log or of a key")
    return name


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ContractError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ContractError("not canonical base64")
    return data


# --- Leaf -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """One entry of the log: what happened, to which ids, and the digest of the record or of its commitment.

    Ids are ids: no spaces, no free text, nothing that names a person, for a leaf can never be erased.

    Raises:
        ContractError: a value has no place in a leaf.
    """

    at_us: int  # microseconds UTC, when it was logged
    event: str  # a word of contract.events
    ids: Mapping[str, str] = field(hash=False)
    digest: str  # 64 lower-case hexadecimal digits

    def __post_init__(self) -> None:
        if type(self.at_us) is not int or not 0 <= self.at_us <= INTEGER_LIMIT:
            raise ContractError("leaf.at_us: not microseconds since 1970")
        _matches("leaf.event", r"[a-z][a-z0-9_.-]{0,63}", self.event)
        _matches("leaf.digest", r"[0-9a-f]{64}", self.digest)
        if not isinstance(self.ids, Mapping):
            raise ContractError("leaf.ids: not an object")
        for name, value in self.ids.items():
            _matches("leaf.ids: a name", r"[a-z][a-z0-9_]{0,31}", name)
            _matches(f"leaf.ids.{name}", r"[A-Za-z0-9._:,/-]{1,512}", value)
        object.__setattr__(self, "ids", MappingProxyType(dict(self.ids)))

    def encode(self) -> bytes:
        """The entry's bytes: RFC 8785 JSON of `{at_us, digest, event, ids}`."""
        entry = encode({"at_us": self.at_us, "digest": self.digest, "event": self.event, "ids": dict(self.ids)})
        if len(entry) > ENTRY_LIMIT:
            raise ContractError(f"leaf: {len(entry)} bytes, more than {ENTRY_LIMIT}")
        return entry

    @classmethod
    def decode(cls, entry: bytes) -> Leaf:
        """Read exactly what :meth:`encode` writes."""
        value = decode(entry, ENTRY_LIMIT)
        if not isinstance(value, dict) or value.keys() != {"at_us", "digest", "event", "ids"}:
            raise ContractError("leaf: not {at_us, digest, event, ids}")
        return cls(**value)


def commitment(body: bytes, salt: bytes) -> str:
    """Digest of a body that must be erasable: without the salt it says nothing, even about a body that is guessed.

    SHA-256(`flexzicht/commitment/v1` newline || u8 length of the salt || salt || body) as 64 hexadecimal digits.
    """
    if not 16 <= len(salt) <= 32:
        raise ContractError("a salt is 16 to 32 bytes")
    return hashlib.sha256(COMMITMENT_DOMAIN + bytes([len(salt)]) + salt + body).hexdigest()


def _matches(where: str, pattern: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise ContractError(f"{where}: not of the form {pattern}")
