"""Identity of calls and legs.

A `CallId` is a UUIDv7 in canonical text, minted at admission, the same in records, logs and traces; it is not the SIP
Call-ID, of which each leg has its own. A `LegId` is `CallId/n`: 0 is the a-leg, 1 and up the b-legs in the order made.
"""

from typing import NewType

CallId = NewType("CallId", str)
LegId = NewType("LegId", str)


def leg_id(call_id: CallId, number: int) -> LegId:
    return LegId(f"{call_id}/{number}")
