# SPDX-License-Identifier: EUPL-1.2
"""The one process that writes the log, opens the vault and holds the order key; it trusts no caller."""
