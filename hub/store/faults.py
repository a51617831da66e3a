# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with the database that a caller may act on."""


class DuplicateError(Exception):
    """Such a row exists already."""


class DatabaseUnavailableError(Exception):
    """The database does not answer; what was asked may be asked again."""
