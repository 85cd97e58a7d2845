"""One of our listening sockets, as trunks see it: what they send by, and where they are told to reach us."""

from __future__ import annotations

from typing import NamedTuple


class Door(NamedTuple):
    """`label`: what flows call the socket; `name`: its Listener; `bound`: where it really listens; `advertised`: what others are told."""

    label: str
    name: str
    transport: str
    bound: tuple[str, int]
    advertised: tuple[str, int]

    def reaches(self, host: str) -> bool:
        """Whether it is of the address family of that IP address."""
        return (":" in self.bound[0]) == (":" in host)
