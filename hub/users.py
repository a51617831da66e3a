# SPDX-License-Identifier: EUPL-1.2
"""Who runs as whom when root starts everything on one machine: one table. Started by anybody else, all are that user.

The numbers need no entry in /etc/passwd. 61000 to 61099 lies above systemd's greeters (to 60705) and below its dynamic
users (from 61184), and Debian has given none of it to a package; a user namespace of 65536 ids holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

KEEPERS_CALLERS = 61_010
"""The group of those who may speak with the keeper."""
OBJECTS_READERS = 61_011
"""The group of those who may read sealed segments."""


@dataclass(frozen=True)
class User:
    """A user and its group of the same number, and the further groups that it is in."""

    uid: int
    groups: tuple[int, ...] = ()


USERS: Mapping[str, User] = {
    "postgres": User(61_000),
    "nats": User(61_001),
    "caddy": User(61_002),
    "keeper": User(61_003),
    "serve": User(61_004, (KEEPERS_CALLERS, OBJECTS_READERS)),
    "units": User(61_005),
    "media": User(61_006, (KEEPERS_CALLERS,)),
    "worker": User(61_007, (KEEPERS_CALLERS, OBJECTS_READERS)),
}
UNIT_USERS = tuple(User(uid) for uid in range(61_020, 61_100))
"""One for each unit that runs on this machine, in their order."""

SOCKETS: Mapping[str, tuple[User, int]] = {
    "keeper": (USERS["keeper"], KEEPERS_CALLERS),
    "serve": (USERS["serve"], USERS["caddy"].uid),
    "units": (USERS["units"], USERS["caddy"].uid),
    "live": (USERS["media"], USERS["caddy"].uid),
    "media": (USERS["media"], USERS["units"].uid),
}
"""A socket's name: who listens, and the group of those who may speak with it. Each lies in a folder of its own: who may
write to a shared one could put a socket in the place of the keeper's."""
