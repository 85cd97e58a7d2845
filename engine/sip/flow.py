"""Where a SIP message came from and where one goes.

RFC 5626 §2 calls it a flow: one of our listeners and the remote address. Replies to a request go back over its flow
(RFC 3581), and requests to a registered phone go over the flow that registered it, whatever its Contact says.
A tuple, not a dataclass: one is made or looked up for every datagram.
"""

from typing import NamedTuple


class Flow(NamedTuple):
    """`listener`: which socket of ours, by a label that it keeps however its Listener is renamed; `transport`: lower case as in
    `transport=udp`; `host`, `port`: the peer's."""

    listener: str
    transport: str
    host: str
    port: int


class Outgoing(NamedTuple):
    """Bytes to put on the wire, and the flow that carries them."""

    data: bytes
    flow: Flow
