# SPDX-License-Identifier: EUPL-1.2
"""The municipal service: it orders, keeps, gives and forgets, and writes each look in the log first."""
