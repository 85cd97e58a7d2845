"""`System.spec.reservedNumbers`: numbers that services of the system answer under, in every tenant, and nobody else."""

from typing import Annotated, Literal

from pydantic import Field

from schema.resource import Part
from schema.text import ExtensionNumber, Remark


class ReservedNumber(Part):
    """A number that no person, group or queue of any tenant may have."""

    number: Annotated[ExtensionNumber, Field(description="The number.")]
    service: Annotated[
        Literal["receptionist", "conference", "fax", "queue", "musicOnHold", "voicemail", "other"],
        Field(description="What answers there."),
    ] = "other"
    description: Annotated[Remark | None, Field(description="What it is for.")] = None
