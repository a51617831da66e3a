# SPDX-License-Identifier: EUPL-1.2
"""Why a window was prolonged, and by whom: the log holds a salted commitment to the reason alone."""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = """
create table overruns (
    digest text primary key,  -- of the overrun that is signed or to be signed
    deployment uuid not null references deployments (id),
    reason text not null,
    salt bytea not null,
    asked_by text not null,
    asked_at_us bigint not null
)
"""


def upgrade() -> None:
    """Add the table."""
    op.execute(SCHEMA)
