# SPDX-License-Identifier: EUPL-1.2
"""Where the log says that a decision was urgent and that a duty was done, who signed an overrun, and four indices."""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = (
    # The leaves `deployment.urgent` of each decision that was, and `duty.done`.
    "create table urgencies (decision text primary key, deployment uuid not null references deployments (id),"
    " log_index bigint not null)",
    "create index urgencies_of_deployment on urgencies (deployment)",
    "alter table duties add column log_index bigint",
    "alter table overruns add column signed_by text",
    "create index plans_of_decision on plans (decision)",
    "create index refusals_of_deployment on refusals (deployment, at_us)",
    "create index overruns_of_deployment on overruns (deployment)",
    "create index records_of_type on records (type)",
)


def upgrade() -> None:
    """Add the table, the columns, the indices."""
    for statement in STATEMENTS:
        op.execute(statement)
