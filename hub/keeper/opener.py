# SPDX-License-Identifier: EUPL-1.2
"""A child process that holds one hour key's private half, and nothing else of the hub ever does.

Started by exec (`python -I -S opener.py SITE`), with one JSON line on stdin: `{"kek": hex, "key": hex}` and, to open,
`"wrapped": hex`. Without it, it makes an X25519 pair, answers `{"public": hex, "wrapped": hex}` on stdout and ends.
`wrapped` is a 12-byte nonce and AES-256-GCM of the private half under the key-encryption key, with the key's id as
associated data. With it, each further line `{"sealed": hex, "info": hex, "records": [index, ...]}` is answered by
`{"keys": [hex, ...]}`: it opens the chain key ck_0 (HPKE, RFC 9180) and gives mk_i of these records only, or by
`{"refused": words}`. It ends with its standard input, or after a minute without a line. It imports `cryptography` and
no more, is not dumpable, and writes no core.
"""

import ctypes
import hmac
import json
import os
import resource
import select
import sys

PR_SET_DUMPABLE = 4
NONCE_BYTES = 12
IDLE_S = 60.0


def main() -> None:
    """Make one key, or open with one."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, sys.argv[1])
    request = json.loads(sys.stdin.readline())
    kek, name = bytes.fromhex(request["kek"]), bytes.fromhex(request["key"])
    if "wrapped" in request:
        serve(kek, name, bytes.fromhex(request["wrapped"]))
    else:
        say(make(kek, name))


def make(kek: bytes, name: bytes) -> dict[str, object]:
    """A new pair."""
    # Imported here: -S leaves the path to us, so that nothing else of the installation can be imported.
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    private = X25519PrivateKey.generate()
    nonce = os.urandom(NONCE_BYTES)
    wrapped = nonce + AESGCM(kek).encrypt(nonce, private.private_bytes_raw(), name)
    return {"public": private.public_key().public_bytes_raw().hex(), "wrapped": wrapped.hex()}


def serve(kek: bytes, name: bytes, wrapped: bytes) -> None:
    """Open chain keys until the line ends or nobody asks. The keeper asks once and reads the answer, so that no line
    waits in a buffer that `select` does not see."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    raw = AESGCM(kek).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name)
    private = X25519PrivateKey.from_private_bytes(raw)
    say({"ready": name.hex()})
    while select.select([sys.stdin], [], [], IDLE_S)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        request = json.loads(line)
        try:
            chain_key = suite.decrypt(bytes.fromhex(request["sealed"]), private, info=bytes.fromhex(request["info"]))
        except (InvalidTag, ValueError):
            say({"refused": "the chain key does not open with this hour key"})
            continue
        say({"keys": [key.hex() for key in record_keys(chain_key, request["records"])]})


def record_keys(chain_key: bytes, records: list[int]) -> list[bytes]:
    """mk_i of these records, in rising order: the ratchet of FZS-1, HKDF-Expand-SHA256 of one block (RFC 5869, 2.3)."""
    keys = []
    for index in range(max(records) + 1):
        if index in records:
            keys.append(hmac.digest(chain_key, b"record\x01", "sha256"))
        chain_key = hmac.digest(chain_key, b"next\x01", "sha256")
    return keys


def say(answer: dict[str, object]) -> None:
    """One line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
