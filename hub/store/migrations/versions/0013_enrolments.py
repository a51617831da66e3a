# SPDX-License-Identifier: EUPL-1.2
"""Units that ask to be let in, or for their next certificate: one row a key, gone some days after it was asked.

Who typed a code and who confirmed stands here alone, and goes with the row; the log has the unit and its key.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
create table enrolments (
    id text primary key,
    kind text not null check (kind in ('new', 'renewal')),
    key bytea not null unique,  -- SubjectPublicKeyInfo of the unit's identity
    fingerprint text not null,
    claim text,  -- proof of the code on its label; none for a renewal
    source_note text,
    address text not null,
    state text not null check (state in ('waiting', 'claimed', 'confirmed', 'issued', 'refused')),
    asked_at_us bigint not null,
    changed_at_us bigint not null,
    unit text,  -- as the hub names it, from when its code was typed
    camera text,
    claimed_by text,
    decided_by text,
    reason text,
    certificate text,  -- PEM
    serial text,
    client_id text  -- the secret name of its session at the broker
)
""",
    "create unique index enrolments_of_unit on enrolments (unit) where kind = 'new'",
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
