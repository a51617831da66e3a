# SPDX-License-Identifier: EUPL-1.2
"""Commands and leases may wait in the downlink too. A camera's segments are found by time."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "alter table downlink drop constraint downlink_what_check",
    "alter table downlink add constraint downlink_what_check"
    " check (what in ('mandate', 'lease', 'publish', 'cmd', 'ack'))",
    "create index rows_of_camera on rows (camera, from_us) where kind = 'index-row'",
)


def upgrade() -> None:
    """Widen the constraint, add the index."""
    for statement in STATEMENTS:
        op.execute(statement)
