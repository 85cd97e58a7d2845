"""`ConferenceServer`: another machine that has rooms of conferences, besides what is built in (`System.spec.conferences.builtIn`)."""

from typing import Annotated, Literal

from pydantic import Field

from schema.external_server import ExternalServer
from schema.resource import Manifest, Metadata
from schema.whole import Port, Whole


class ConferenceServerSpec(ExternalServer):
    """Where it is, and how much it bears. A room goes to the one with the lowest load, and stays there."""

    port: Annotated[Port, Field(description="The port that it is told of rooms at.")] = 8886
    max_rooms: Annotated[
        int, Whole(0, 100_000), Field(description="How many rooms it bears at once; 0: as many as come.")
    ] = 0
    max_participants: Annotated[
        int,
        Whole(0, 1_000_000),
        Field(description="How many people it bears in all rooms together; 0: as many as come."),
    ] = 0


class ConferenceServer(Manifest):
    """Another machine that has rooms of conferences, besides what is built in."""

    kind: Annotated[Literal["ConferenceServer"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: ConferenceServerSpec
