# SPDX-License-Identifier: EUPL-1.2
"""Whose key and whose slot an account has, who installs, and when a slot's key was last tried."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    "alter table people drop constraint people_role_check",
    "alter table people add constraint people_role_check"
    " check (role in ('operator', 'approver', 'installer', 'viewer'))",
    # SubjectPublicKeyInfo of the key that an operator or installer signs with; two people have two keys.
    "alter table people add column key bytea unique",
    "alter table people add column slot text unique check (slot is null or role = 'approver')",
    "create table tries (slot text primary key, key text not null, at_us bigint not null)",
)


def upgrade() -> None:
    """Add the columns, widen the roles, make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
