# SPDX-License-Identifier: EUPL-1.2
"""How the unit shows who it is and knows the hub: its certificate, and the server authority it pinned."""

from __future__ import annotations

import ssl
from pathlib import Path


class CredentialsError(Exception):
    """A certificate or key is missing or does not fit; the text names the folder."""


def door_context(server_ca: Path) -> ssl.SSLContext:
    """Who has no certificate yet knows the hub all the same. Raises CredentialsError."""
    try:
        context = ssl.create_default_context(cafile=str(server_ca))
    except OSError as error:
        raise CredentialsError(f"{server_ca}: {error.strerror or error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Credentials:
    """A client's TLS context. The certificate is renewed in place: each new connection shows the newest."""

    def __init__(self, server_ca: Path, certificate: Path, key: Path) -> None:
        """Read all three.

        Raises:
            CredentialsError: one of them is missing or not what it must be.
        """
        self._certificate, self._key = certificate, key
        self.context = door_context(server_ca)
        self.refresh()

    def refresh(self) -> None:
        """Take up a renewed certificate. Raises CredentialsError."""
        try:
            self.context.load_cert_chain(self._certificate, self._key)
        except OSError as error:  # ssl.SSLError is one
            raise CredentialsError(f"{self._certificate}: {error.strerror or error}") from error
