# SPDX-License-Identifier: EUPL-1.2
"""A decision that the keeper was asked to log; proofs of claim codes, kept apart from who asked with them."""

from alembic import op

revision = "0016"
down_revision = "0015"

STATEMENTS = (
    # With all its signatures, from before the keeper is asked until it is a record.
    "alter table drafts add column logging bytea",
    """
create table claims (
    fingerprint text not null,  -- of the key that proved the code
    claim text not null,
    asked_at_us bigint not null,  -- first: asked again, also after another, a code lasts no longer
    unit text,  -- which it named, and by whom, once it was typed: it works once, whatever its key asks afterwards
    used_by text,
    primary key (fingerprint, claim)
)
""",
    "insert into claims select fingerprint, claim, asked_at_us, unit, claimed_by from enrolments"
    " where claim is not null",
)


def upgrade() -> None:
    """Add the column and the table."""
    for statement in STATEMENTS:
        op.execute(statement)
