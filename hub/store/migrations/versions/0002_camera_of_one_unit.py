# SPDX-License-Identifier: EUPL-1.2
"""A camera's name is one unit's: footage, leases and viewers are found by it."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the constraint; a database where two units share a camera is left as it is, with the error."""
    op.execute("create unique index units_camera on units (camera)")
