"""`System.spec.congestion`: when new requests are refused so that calls go on."""

from typing import Annotated

from pydantic import Field

from schema.not_yet import NotYet
from schema.resource import Part
from schema.whole import Whole


class Congestion(Part):
    """When new requests are refused so that calls go on. What is measured is the time that a request waits until it is served."""

    enabled: Annotated[
        bool, NotYet(), Field(description="false: every request is served, however long it has waited.")
    ] = True
    threshold_percent: Annotated[
        int,
        Whole(10, 100),
        NotYet(),
        Field(
            description="Below this share of the longest wait that callers bear, all is served; above it new requests get 503 with "
            "Retry-After; above 100 all optional work rests, too."
        ),
    ] = 80
