# SPDX-License-Identifier: EUPL-1.2
"""Whatever goes down to a unit may wait in the downlink: commands and leases too."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "alter table downlink drop constraint downlink_what_check",
    "alter table downlink add constraint downlink_what_check"
    " check (what in ('mandate', 'lease', 'publish', 'cmd', 'ack'))",
)


def upgrade() -> None:
    """Widen the constraint."""
    for statement in STATEMENTS:
        op.execute(statement)
