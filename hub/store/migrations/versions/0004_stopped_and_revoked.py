# SPDX-License-Identifier: EUPL-1.2
"""Filming that was stopped, units that were revoked, and how many orders a unit's full message holds back.

Who did it and why stands here alone; the log has ids.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = """
alter table units add column held_back integer not null default 0;

-- Asked first, then signed and logged: asked again it is the same stop, of the same moment.
create table stops (
    decision text primary key,  -- digest of the decision that it ends
    deployment uuid not null references deployments (id),
    reason text not null,
    asked_by text not null,
    ends_at_us bigint not null
);

create table revocations (
    unit text not null references units (unit),
    epoch integer not null,
    reason text not null,
    asked_by text not null,
    revoked_at_us bigint not null,
    log_index bigint,  -- null until the log has it: a revocation waits for nothing
    primary key (unit, epoch)
);
"""


def upgrade() -> None:
    """Add the column and the tables."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            op.execute(statement)
