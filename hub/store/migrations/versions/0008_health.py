# SPDX-License-Identifier: EUPL-1.2
"""How each unit last said it was; and since when a unit is online or offline."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    "create table health (unit text primary key references units (unit), received_at_us bigint not null,"
    " report bytea not null)",  # as signed
    "alter table units add column changed_at_us bigint",  # when `online` last changed; null while it never did
)


def upgrade() -> None:
    """Add the table and the column."""
    for statement in STATEMENTS:
        op.execute(statement)
