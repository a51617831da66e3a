# SPDX-License-Identifier: EUPL-1.2
"""Ids of deployments: version 7, variant 10, in the order of time."""

import os
import uuid

from hub.deployments.ids import uuid7


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(uuid7(1_773_496_800_123_456, os.urandom))

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == 1_773_496_800_123


def test_later_ids_are_greater() -> None:
    assert uuid7(1_000, lambda n: b"\xff" * n) < uuid7(2_000, lambda n: b"\x00" * n)
