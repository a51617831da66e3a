# SPDX-License-Identifier: EUPL-1.2
"""What is told at every write: NOTIFY `changed` with a word, by triggers of the database itself.

A page that shows what such a word names asks anew for it. Triggers, so that no write of a table is forgotten, whoever
makes it. They are set up after each migration, for the tables that there are then.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text

CHANNEL = "changed"
# A table's rows are part of what this word names. What is not here changes too often, and is asked for now and then.
TOLD: Mapping[str, str] = {
    "deployments": "deployments",
    "drafts": "deployments",
    "records": "deployments",
    "stops": "deployments",
    "signings": "deployments",
    "refusals": "deployments",
    "duties": "deployments",
    "signs": "deployments",
    "plans": "plans",
    "delegations": "plans",
    "designations": "plans",
    "units": "units",
    "enrolments": "units",
    "grants": "looks",
    "media": "looks",
    "people": "people",
    "tries": "people",
    "sessions": "sessions",
}
# Tables whose rows are also written when nothing changed that anybody is told: the columns that count.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "units": ("state", "camera", "fingerprint", "held_back"),
    "media": ("watching",),
    "grants": ("ended_at_us",),
}
FUNCTION = """
create or replace function tell_changed() returns trigger language plpgsql as
$$ begin perform pg_notify('changed', tg_argv[0]); return null; end $$
"""


def tell(connection: Connection) -> None:
    """Have the database tell of every write; of one transaction each word is told once."""
    connection.execute(text(FUNCTION))
    for table, word in TOLD.items():
        if connection.execute(text("select to_regclass(:table)"), {"table": f"public.{table}"}).scalar() is None:
            continue
        changed = " or ".join(f"old.{column} is distinct from new.{column}" for column in COLUMNS.get(table, ()))
        for name, when in (
            ("tell_rows", "insert or delete"),
            ("tell_values", "update"),
        ):
            condition = f" when ({changed or 'old is distinct from new'})" if when == "update" else ""
            connection.execute(
                text(
                    f"create or replace trigger {name} after {when} on {table} for each row{condition}"
                    f" execute function tell_changed('{word}')"
                )
            )
