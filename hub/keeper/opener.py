# SPDX-License-Identifier: EUPL-1.2
"""A child process that holds one hour key's private half, and nothing else of the hub ever does.

Started by exec (`python -I -S opener.py SITE`), with one JSON line on stdin: `{"kek": hex, "key": hex}`. It makes an
X25519 pair, answers `{"public": hex, "wrapped": hex}` on stdout and ends. `wrapped` is a 12-byte nonce and
AES-256-GCM of the private half under the key-encryption key, with the key's id as associated data. It imports
`cryptography` and no more, is not dumpable, and writes no core.
"""

import ctypes
import json
import os
import resource
import sys

PR_SET_DUMPABLE = 4
NONCE_BYTES = 12


def main() -> None:
    """Make one key."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, sys.argv[1])
    # Imported here: -S leaves the path to us, so that nothing else of the installation can be imported.
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    request = json.loads(sys.stdin.readline())
    private = X25519PrivateKey.generate()
    nonce = os.urandom(NONCE_BYTES)
    kek, name = bytes.fromhex(request["kek"]), bytes.fromhex(request["key"])
    wrapped = nonce + AESGCM(kek).encrypt(nonce, private.private_bytes_raw(), name)
    public = private.public_key().public_bytes_raw()
    sys.stdout.write(json.dumps({"public": public.hex(), "wrapped": wrapped.hex()}) + "\n")


if __name__ == "__main__":
    main()
