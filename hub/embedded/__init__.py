# SPDX-License-Identifier: EUPL-1.2
"""Real servers on one machine: PostgreSQL, NATS and Caddy from wheels, and the supervisor that owns every process."""
