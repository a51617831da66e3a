# SPDX-License-Identifier: EUPL-1.2
"""Signs at the ways into an area: a photo for each, by its hash; the photo itself lies in a folder."""

from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = """
create table signs (
    deployment uuid not null references deployments (id),
    entry text not null,
    entry_lat_e7 int not null,  -- where the plan had this way in; moved, it takes a new photo
    entry_lon_e7 int not null,
    photo text not null,  -- SHA-256
    size int not null,  -- bytes
    taken_at_us bigint not null,  -- by the phone's clock
    lat_e7 int,  -- where the phone was, as it said
    lon_e7 int,
    taken_by text not null,
    kept_at_us bigint not null,
    primary key (deployment, entry, photo)
)
"""


def upgrade() -> None:
    """Add the table."""
    op.execute(SCHEMA)
