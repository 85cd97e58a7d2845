"""Telling the supervisor that started us how we stand: systemd's readiness protocol, sd_notify(3). Without one, nothing."""

from __future__ import annotations

import logging
import os
import socket
from typing import Final

log = logging.getLogger("trunkline.serve")

ASKED: Final = "NOTIFY_SOCKET"


def tell_supervisor(state: str) -> None:
    """Send a state, as `READY=1`. A supervisor that does not listen is no reason not to serve."""
    address = os.environ.get(ASKED, "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as notifying:
            notifying.sendto(state.encode(), address)
    except OSError as error:
        log.warning("the supervisor can't be told %s: %s", state, error)
