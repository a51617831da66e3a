# SPDX-License-Identifier: EUPL-1.2
"""What Alembic runs: the steps, on the connection that `hub.store.schema` hands over, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
