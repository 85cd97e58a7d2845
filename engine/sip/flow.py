"""Where a SIP message came from and where one goes.

RFC 5626 §2 calls it a flow: one of our listeners and the remote address. Replies to a request go back over its flow
(RFC 3581), and requests to a registered phone go over the flow that registered it, whatever its Contact says.
A tuple, not a dataclass: one is made or looked up for every datagram.

Surprising: who connected to us did so from a port that nobody listens on, so such a flow is that one connection and ends
with it. A flow that we may open is only an address.
"""

from typing import Final, NamedTuple

ANY_CONNECTION: Final = 0
NO_CONNECTION: Final = -1


class Flow(NamedTuple):
    """`listener`: which socket of ours, by a label that it keeps however its Listener is renamed; `transport`: lower case as in
    `transport=udp`; `host`, `port`: the peer's; `connection`: the number of the one connection that is meant, where the peer opened
    it, ANY_CONNECTION: whichever leads there, opened on demand, NO_CONNECTION: it ended with an earlier run of the server."""

    listener: str
    transport: str
    host: str
    port: int
    connection: int = ANY_CONNECTION


class Outgoing(NamedTuple):
    """Bytes to put on the wire, and the flow that carries them."""

    data: bytes
    flow: Flow


class Loss(NamedTuple):
    """A connection that ended, or could not be opened. `unsent`: what it did not carry; `served`: it had been of use before, so that
    a new one is worth trying."""

    flow: Flow
    unsent: tuple[bytes, ...]
    served: bool
