# SPDX-License-Identifier: EUPL-1.2
"""The first schema: people, signed records, deployments, units, segments, grants, the way down to units.

Times are microseconds UTC. The `bytea` columns hold the exact bytes that were signed or committed to.
"""

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = """
create table people (
    name text primary key,
    display text not null,
    role text not null check (role in ('operator', 'approver', 'viewer')),
    password_hash text not null,
    demo boolean not null,
    created_at_us bigint not null
);

create table sessions (
    digest text primary key,  -- SHA-256 of the token, which only the browser holds
    person text not null references people (name) on delete cascade,
    created_at_us bigint not null,
    expires_at_us bigint not null
);

-- Roster, bindings, decisions, assignments, keysets, as signed and logged. Written once, after the log.
create table records (
    digest text primary key,
    type text not null,
    deployment uuid,
    subject text,  -- the slot of a binding, the post of an assignment
    serial integer not null,  -- of a binding its counter
    envelope bytea not null,
    log_index bigint not null,
    logged_at_us bigint not null
);
create index records_of_deployment on records (deployment, type);

create table deployments (
    id uuid primary key,
    number text not null unique,
    title text not null,
    created_by text not null,
    created_at_us bigint not null,
    demo boolean not null
);

-- A record on its way: its body and the signatures so far. The row goes when the record is logged.
create table drafts (
    digest text primary key,
    type text not null,
    deployment uuid not null references deployments (id),
    subject text,
    envelope bytea not null,
    created_by text not null,
    created_at_us bigint not null
);
create index drafts_of_deployment on drafts (deployment, type);

create table units (
    unit text primary key,
    key bytea not null,  -- SubjectPublicKeyInfo of its identity
    fingerprint text not null,
    certificate_serial text not null,
    epoch integer not null,  -- one higher with each new identity key
    state text not null check (state in ('active', 'revoked')),
    enrolled_at_us bigint not null,
    camera text not null,
    source_note text,
    start_id text,
    online boolean not null default false,
    seen_at_us bigint,
    checkpoint_size bigint not null default 0,
    reported bytea  -- its last state, as signed
);

create table segments (
    chain text primary key,
    camera text not null,
    unit text not null,
    deployment uuid not null,
    run text not null,
    segment bigint not null,
    from_us bigint not null,
    to_us bigint not null,
    length bigint not null,
    row bytea not null,
    received_at_us bigint not null,
    stored_at_us bigint,
    log_index bigint,
    acked_at_us bigint,
    refused text  -- why the keeper would not log it
);
create index segments_to_log on segments (stored_at_us)
    where stored_at_us is not null and acked_at_us is null and refused is null;

create table grants (
    log_index bigint primary key,
    body bytea not null,
    salt bytea not null,
    actor text not null,
    session text not null,
    until_us bigint not null,
    opened_at_us bigint,
    ended_at_us bigint
);

create table media (
    start_id text primary key,
    started_at_us bigint not null,
    seen_at_us bigint not null
);

-- What units are to be told, by the one process that speaks with the broker.
create table downlink (
    id bigserial primary key,
    unit text not null,
    what text not null check (what in ('mandate', 'publish', 'ack')),
    payload bytea not null,
    expires_at_us bigint,
    created_at_us bigint not null,
    sent_at_us bigint
);
create index downlink_to_send on downlink (id) where sent_at_us is null;
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            op.execute(statement)
