# SPDX-License-Identifier: EUPL-1.2
"""What a decision stands on as dated data, plans with their versions, who signed, and what an urgent one still owes.

Each row of `delegations` and `designations` is written once: a change of the law is a new row with its own dates. Only
a designation's publication may come later, once.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = """
create table delegations (
    id uuid primary key,
    ordinance text not null,
    article text not null,
    regime text not null,
    valid_from_us bigint not null,
    valid_to_us bigint not null check (valid_to_us > valid_from_us),
    mobile_allowed boolean not null,
    max_window_h integer not null,
    max_designation_days integer not null,
    created_by text not null,
    created_at_us bigint not null
);

create table designations (
    id uuid primary key,
    delegation uuid not null references delegations (id),
    name text not null,
    publication text,  -- its number in the official gazette; null while it is not published
    area text not null,  -- JSON
    valid_from_us bigint not null,
    valid_to_us bigint not null check (valid_to_us > valid_from_us),
    created_by text not null,
    created_at_us bigint not null
);

-- `decision` is the digest of what this plan was submitted as: while that is a draft the plan is submitted, once it is
-- a record the plan is decided, and when the draft is withdrawn people go on editing.
create table plans (
    id uuid primary key,
    title text not null,
    version integer not null,
    body text not null,  -- JSON
    changed_by text not null,
    changed_at_us bigint not null,
    created_by text not null,
    created_at_us bigint not null,
    deployment uuid references deployments (id),
    decision text
);
create index plans_of_deployment on plans (deployment);

create table plan_versions (
    plan uuid not null references plans (id),
    version integer not null,
    title text not null,
    body text not null,
    changed_by text not null,
    changed_at_us bigint not null,
    primary key (plan, version)
);

-- Who ever wrote in a plan, also when the version is gone: they do not sign it.
create table plan_makers (
    plan uuid not null references plans (id),
    person text not null,
    primary key (plan, person)
);

create table signings (
    decision text not null,
    slot text not null,
    name text not null,
    person text not null,
    at_us bigint not null,
    primary key (decision, slot)
);

create table refusals (
    decision text primary key,
    deployment uuid not null references deployments (id),
    refused_by text not null,
    reason text not null,
    at_us bigint not null
);

create table duties (
    deployment uuid not null references deployments (id),
    duty text not null,
    due_us bigint not null,
    done_at_us bigint,
    done_by text,
    note text,
    primary key (deployment, duty)
);

create unique index one_decision_waits on drafts (deployment) where type = 'decision'
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            op.execute(statement)
