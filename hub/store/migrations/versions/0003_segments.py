# SPDX-License-Identifier: EUPL-1.2
"""One counter and one follower: a segment's place in its camera's chain is the database's to hold; rows refused."""

import base64
import json

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"

AT_ONCE = 500  # rows read together
SCHEMA = """
create unique index segments_counter on segments (start_id, camera, segment);

-- 64 zeros stand before a camera's very first row, and again where a unit lost its disk: once per process start.
create unique index segments_previous on segments (camera, previous) where previous <> repeat('0', 64);
create unique index segments_beginning on segments (camera, start_id) where previous = repeat('0', 64);

-- Rows that hold by themselves and contradict one that was here first: both are signed, which is the evidence.
create table disputed_rows (
    chain text primary key,
    unit text not null,
    camera text not null,
    rule text not null,
    reason text not null,
    row bytea not null,
    received_at_us bigint not null
);
"""


def upgrade() -> None:
    """Read both columns out of the rows. Where two rows contradict each other all is left as it is, with the error."""
    op.execute("alter table segments add column start_id text, add column previous text")
    bind = op.get_bind()
    found = bind.execute(text("select chain, row from segments").execution_options(yield_per=AT_ONCE))
    for chain, row in found:
        try:
            said = json.loads(base64.b64decode(json.loads(bytes(row))["body"]))
            places = {"start_id": str(said["start_id"]), "previous": str(said["previous"])}
        except (ValueError, TypeError, KeyError):
            continue  # torn: both stay null until its unit says the row again
        bind.execute(
            text("update segments set start_id = :start_id, previous = :previous where chain = :chain"),
            {"chain": chain, **places},
        )
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            op.execute(statement)
