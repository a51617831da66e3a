# SPDX-License-Identifier: EUPL-1.2
"""People: accounts, signing in, roles; the roster and whose key may approve."""
