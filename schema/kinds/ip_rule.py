"""`IpRule`: an address or network that is let pass or shut out, perhaps for a time."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from schema.instant import Instant
from schema.network import Network
from schema.resource import Manifest, Metadata, Spec
from schema.text import Remark


class IpRuleSpec(Spec):
    """Whom it is about, and what becomes of what he sends."""

    network: Annotated[
        Network,
        Field(
            description="An address, or a network with its prefix; of all that hold an address, those of System.spec.security "
            "included, the longest decides."
        ),
    ]
    action: Annotated[
        Literal["allow", "deny"],
        Field(
            description="allow: never banned, and not limited; deny: never answered, all that comes from there is dropped."
        ),
    ]
    description: Annotated[Remark | None, Field(description="Whose it is, or why.")] = None
    expires: Annotated[
        Instant | None,
        Field(
            description="Until when it holds: a time with its offset, or a day, to its end in UTC; default: for good."
        ),
    ] = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it holds no more."""
        return self.expires is not None and self.expires <= now


class IpRule(Manifest):
    """An address or network that is let pass or shut out, perhaps for a time."""

    kind: Annotated[Literal["IpRule"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: IpRuleSpec
