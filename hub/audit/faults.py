# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with the log itself, by who must act: wait and try again, or have a person look."""


class LogUnavailableError(Exception):
    """The log cannot be read or written now: nothing new may be opened; trying again later may work."""


class LogCorruptError(Exception):
    """The log's files are not what its signed checkpoint says: stop, and let a person look."""
