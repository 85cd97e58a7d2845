"""`System.spec.security`: who is banned for what and for how long, who never is, and who is shut out for good."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.network import Network
from schema.not_yet import NotYet
from schema.resource import Part
from schema.text import Remark
from schema.whole import Whole

Count = Annotated[int, Whole(1, 100_000)]
Rate = Annotated[int, Whole(10, 1_000_000)]
BanTime = Duration(timedelta(seconds=1), timedelta(days=7))


class AddressRule(Part):
    """An address or a network."""

    network: Annotated[
        Network,
        Field(description="An address, or a network with its prefix; of all that hold an address the longest decides."),
    ]
    description: Annotated[Remark | None, Field(description="Whose it is, or why.")] = None


class Level2(Part):
    """A rate at which a source is shut out for a short time."""

    rate: Annotated[Rate, Field(description="So many datagrams of one source within a second ban it.")] = 2000
    ban: Annotated[timedelta, BanTime, Field(description="For how long.")] = timedelta(seconds=30)


class Level1(Part):
    """A rate at which a source is shut out for long."""

    rate: Annotated[Rate, Field(description="So many datagrams of one source within a second ban it for longer.")] = (
        5000
    )
    ban: Annotated[timedelta, BanTime, Field(description="For how long.")] = timedelta(hours=1)


class WebLogins(Part):
    """Bans for those who guess passwords or tokens of the API and its page."""

    failed: Annotated[
        Count, Field(description="So many wrong passwords or tokens within the period ban their source from the web.")
    ] = 10
    ban: Annotated[timedelta, BanTime, Field(description="For how long.")] = timedelta(hours=1)


class Security(Part):
    """Bans for those who guess passwords or flood us."""

    automatic_bans: Annotated[
        bool, Field(description="false: nobody is banned by himself, and all bans end; allow and deny hold on.")
    ] = True
    period: Annotated[
        timedelta,
        Duration(
            timedelta(seconds=1), timedelta(hours=1), too_long="to ban nobody, write automaticBans: false instead"
        ),
        Field(description="The time in which failures and challenges of one source are counted."),
    ] = timedelta(seconds=10)
    failed_authentications: Annotated[
        Count, Field(description="So many wrong answers to challenges within the period ban their source.")
    ] = 10
    unanswered_challenges: Annotated[
        Count,
        Field(
            description="So many challenges without an answer within the period ban their source, unless a phone there has lately "
            "proved its password."
        ),
    ] = 500
    ban: Annotated[timedelta, BanTime, Field(description="How long these two are banned.")] = timedelta(hours=1)
    level2: Annotated[Level2, Field(description="A rate for a short ban.", default_factory=Level2)]
    level1: Annotated[Level1, Field(description="A rate for a long ban.", default_factory=Level1)]
    web_logins: Annotated[
        WebLogins,
        NotYet(),
        Field(
            description="Bans for those who guess passwords or tokens of the API and its page.",
            default_factory=WebLogins,
        ),
    ]
    allow: Annotated[
        tuple[AddressRule, ...],
        Field(description="Who is never banned, and not limited: offices, proxies.", strict=False, max_length=1000),
    ] = ()
    deny: Annotated[
        tuple[AddressRule, ...],
        Field(
            description="Who is never answered: all that comes from there is dropped.", strict=False, max_length=1000
        ),
    ] = ()

    @model_validator(mode="after")
    def _check_rates(self) -> Self:
        if not self.level2.rate < self.level1.rate:
            what = f"has a level2.rate of {self.level2.rate} and a level1.rate of {self.level1.rate}, which is not above it"
            raise refusal("rates-order", what, "write the higher rate, with the longer ban, in level1")
        return self
