"""Where an extension's calls go when it does not take them, one entry at a time."""

from typing import Annotated, Literal

from pydantic import Field

from schema.destination import Destination
from schema.resource import Part


class Forwarding(Part):
    """Where its calls go when it does not take them."""

    when: Annotated[
        Literal["always", "offline", "noAnswer", "busy", "unavailable", "away", "doNotDisturb"],
        Field(
            description="always: without ringing; offline: no phone is registered; noAnswer: nobody answers in time; busy: it says so; "
            "unavailable: it declines, or its phone says that it does not want to be disturbed; away, doNotDisturb: its person has set "
            "that status here, by which no phone of it rings (where no entry is for it, one for unavailable counts)."
        ),
    ]
    hours: Annotated[
        Literal["any", "in", "out"], Field(description="Whether it holds in office hours, out of them, or always.")
    ] = "any"
    to: Annotated[Destination, Field(description="Where they go.")]
