# SPDX-License-Identifier: EUPL-1.2
"""What all errors of the embedded servers have in common, for the one who starts them and tells a person."""


class EmbeddedError(Exception):
    """The servers cannot be prepared or started; the message says what stands in the way."""
