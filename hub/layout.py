# SPDX-License-Identifier: EUPL-1.2
"""Where each thing lies in a state folder; nobody else spells these names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HubLayout:
    """What the hub's own processes look for. Who owns what, when root starts it, is in `hub.users`."""

    state: Path

    @property
    def run(self) -> Path:
        """Unix sockets, each in a folder of its own."""
        return self.state / "run"

    @property
    def keeper(self) -> Path:
        """The keeper's secrets, records and vaults."""
        return self.state / "keeper"

    @property
    def case(self) -> Path:
        """The vault `case`: what is kept for years, here the two certificate authorities' keys."""
        return self.keeper / "vault" / "case"

    @property
    def log(self) -> Path:
        """The transparency log."""
        return self.state / "log"

    @property
    def tls(self) -> Path:
        """Certificates and keys of the servers and of the worker."""
        return self.state / "tls"

    @property
    def revoked(self) -> Path:
        """The units that the broker must turn away. The worker writes to this folder and no other of the state's."""
        return self.state / "worker" / "revoked.json"

    @property
    def admitted(self) -> Path:
        """The units that the broker must know beside those that run on this machine; the worker's too."""
        return self.state / "worker" / "admitted.json"

    @property
    def kit(self) -> Path:
        """What a new unit is given at its making: whom it trusts and where the hub is. Nothing in it is secret."""
        return self.state / "kit"

    @property
    def objects(self) -> Path:
        """Sealed segments. The folder around it is the door: who passes that may read them."""
        return self.state / "objects" / "sealed"

    @property
    def incoming(self) -> Path:
        """Segments on their way in, not yet checked."""
        return self.state / "incoming"

    @property
    def maps(self) -> Path:
        """What lies below plans, as somebody put it there, and the tiles that `serve` fetched; see `hub.maps`."""
        return self.state / "maps"

    @property
    def signs(self) -> Path:
        """Photos of signs at the ways into an area; `serve` keeps them."""
        return self.state / "signs"

    def socket(self, name: str) -> Path:
        """One of keeper, serve, units, live, media."""
        return self.run / name / "socket"


@dataclass(frozen=True)
class Layout(HubLayout):
    """One installation's state: that, and what a start of everything on one machine lays beside it. Folders with keys
    are 0700."""

    @property
    def marker(self) -> Path:
        """Says that this folder is a state of ours: the first that lies in it."""
        return self.state / "flexzicht-state"

    @property
    def offline(self) -> Path:
        """What a real ceremony takes away on paper and on a stick: roster key and code sheets."""
        return self.state / "offline"

    @property
    def sheets(self) -> Path:
        """The code sheets, one printable page a slot. They are printed, handed over and erased."""
        return self.offline / "sheets"

    @property
    def seeds(self) -> Path:
        """The demo's seed clients' own keys."""
        return self.state / "seeds"

    @property
    def servers(self) -> Path:
        """The embedded servers' own tree."""
        return self.state / "servers"

    @property
    def logs(self) -> Path:
        """What each process says."""
        return self.state / "logs"

    def unit(self, name: str) -> Path:
        """A unit's own state, when it runs on this machine."""
        return self.state / name
