# SPDX-License-Identifier: EUPL-1.2
"""Attempts to sign in, for all processes together; and which grants each media process has an open socket under."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    # Unlogged: what a crash forgets is a minute of counting.
    "create unlogged table attempts (id bigserial primary key, account text not null, address text not null,"
    " at_us bigint not null)",
    "create index attempts_of_account on attempts (account, at_us)",
    "create index attempts_of_address on attempts (address, at_us)",
    "alter table media add column watching bigint[] not null default '{}'",
)


def upgrade() -> None:
    """Add the table and the column."""
    for statement in STATEMENTS:
        op.execute(statement)
