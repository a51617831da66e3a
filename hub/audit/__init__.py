# SPDX-License-Identifier: EUPL-1.2
"""The transparency log: files only, never the database; one process writes, anyone reads and verifies."""
