# SPDX-License-Identifier: EUPL-1.2
"""Statements beside segments: one table of all rows of the cameras' chains, whose places hold over all kinds."""

import base64
import json

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"

AT_ONCE = 500  # rows read together
TABLE = """
alter table segments rename to rows;
alter table rows
    alter column run drop not null, alter column segment drop not null, alter column length drop not null,
    add column kind text not null default 'index-row' check (kind in ('index-row', 'gap', 'closing', 'deletion')),
    add column decision text,
    add column assignment text,
    add column identity bytea,      -- the key (SPKI) that its unit had when the row was taken
    add column reason text,         -- of a gap or a deletion; of a closing what ended it
    add column deleted text,        -- of a deletion: the chain value of the segment that its unit holds no more
    add column erased_at_us bigint; -- of a segment: when its object was taken away for good
alter table rows alter column kind drop default
"""
PLACES = """
drop index segments_counter;
drop index segments_previous;
drop index segments_beginning;
drop index segments_to_log;
alter index segments_pkey rename to rows_pkey;
create unique index rows_counter on rows (unit, start_id, camera, segment) where kind = 'index-row';

-- 64 zeros stand before a camera's very first row, and again where a unit lost its disk: once per process start.
create unique index rows_previous on rows (unit, camera, previous) where previous <> repeat('0', 64);
create unique index rows_beginning on rows (unit, camera, start_id) where previous = repeat('0', 64);
create index rows_to_ack on rows (received_at_us) where acked_at_us is null and refused is null;
create index rows_deleted on rows (deleted) where kind = 'deletion';
create index rows_of_deployment on rows (deployment, camera, from_us);
create index disputed_of_unit on disputed_rows (unit);

-- What was recorded, and where its object stands.
create view segments as select * from rows where kind = 'index-row'
"""


def upgrade() -> None:
    """Make the table, and read out of each row what was not kept beside it."""
    for statement in TABLE.split(";\n"):
        op.execute(statement)
    bind = op.get_bind()
    bind.execute(text("update rows set identity = units.key from units where units.unit = rows.unit"))
    for chain, row in bind.execute(text("select chain, row from rows").execution_options(yield_per=AT_ONCE)):
        try:
            said = json.loads(base64.b64decode(json.loads(bytes(row))["body"]))
            order = {"decision": str(said["decision"]), "assignment": str(said["assignment"])}
        except (ValueError, TypeError, KeyError):
            continue  # torn: both stay null until its unit says the row again
        bind.execute(
            text("update rows set decision = :decision, assignment = :assignment where chain = :chain"),
            {"chain": chain, **order},
        )
    for statement in PLACES.split(";\n"):
        op.execute(statement)
