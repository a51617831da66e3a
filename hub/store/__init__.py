# SPDX-License-Identifier: EUPL-1.2
"""What the hub keeps: the database, the objects, the vault; the only SQL."""
