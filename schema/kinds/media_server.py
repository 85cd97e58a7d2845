"""`MediaServer`: another machine that audio and video of calls go through, besides what is built in (`System.spec.media.builtIn`)."""

from typing import Annotated, Literal

from pydantic import Field

from schema.external_server import ExternalServer
from schema.resource import Manifest, Metadata
from schema.whole import Port, Whole


class MediaServerSpec(ExternalServer):
    """Where it is, and how much it bears. Calls go to the one with the lowest load; one that is removed gets no further calls."""

    port: Annotated[Port, Field(description="The port that it is told of calls at.")] = 8896
    max_calls: Annotated[
        int, Whole(0, 1_000_000), Field(description="How many calls it bears at once; 0: as many as come.")
    ] = 0


class MediaServer(Manifest):
    """Another machine that audio and video of calls go through, besides what is built in."""

    kind: Annotated[Literal["MediaServer"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: MediaServerSpec
