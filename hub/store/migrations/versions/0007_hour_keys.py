# SPDX-License-Identifier: EUPL-1.2
"""Hour keys as the log tells their births and deaths, and how far it was read; what is still to be erased, findable."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "create table hour_keys (key text primary key, deployment uuid not null, from_us bigint not null,"
    " layer text not null, due_us bigint not null, born_index bigint not null, born_at_us bigint not null,"
    " destroyed_index bigint, destroyed_at_us bigint, grade text)",
    "create index hour_keys_of_hour on hour_keys (deployment, from_us)",
    "create index hour_keys_alive on hour_keys (due_us) where destroyed_index is null",
    "create table log_read (sole boolean primary key default true check (sole), size bigint not null)",
    # Also what was stored in the very moment of its erasure.
    "create index rows_not_erased on rows (deployment, from_us)"
    " where kind = 'index-row' and (erased_at_us is null or stored_at_us > erased_at_us)",
)


def upgrade() -> None:
    """Add the tables and the index."""
    for statement in STATEMENTS:
        op.execute(statement)
