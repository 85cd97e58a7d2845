"""`Tenant`: one isolated PBX on the system. Its name is the key that its resources carry in `metadata.tenant`."""

from typing import Annotated, Literal

from pydantic import Field

from schema.address import Domain
from schema.blocked import Blocked
from schema.countries import Countries
from schema.days import Days
from schema.dialling import Dialling
from schema.http_url import HttpUrl
from schema.money import Currency
from schema.not_yet import NotYet
from schema.preferences import MAY_CHANGE, WAITING, Preference
from schema.resource import Manifest, Metadata, Part, Spec
from schema.rule_settings import RulesOff
from schema.text import DisplayName, MailAddress, ResourceName
from schema.time_zone import TimeZone
from schema.tolls import Tolls
from schema.webhook import Webhooks
from schema.whole import Whole


class Quotas(Part):
    """How much of the system a tenant may use; 0 is no limit. One field for each thing that is counted."""

    max_extensions: Annotated[
        int, Whole(0, 1_000_000), Field(description="How many extensions it may have; 0: as many as it wants.")
    ] = 0
    max_concurrent_calls: Annotated[
        int,
        Whole(0, 1_000_000),
        Field(description="How many calls it may have at once, ringing ones included; 0: as many as it wants."),
    ] = 0
    max_ring_groups: Annotated[
        int, Whole(0, 1_000_000), Field(description="How many ring groups it may have; 0: as many as it wants.")
    ] = 0
    max_outside_calls: Annotated[
        int,
        Whole(0, 1_000_000),
        Field(description="How many calls to the outside it may have at once; 0: as many as it wants."),
    ] = 0
    max_outside_calls_per_minute: Annotated[
        int,
        Whole(0, 1_000_000),
        Field(description="How many calls to the outside it may begin in a minute; 0: as many as it wants."),
    ] = 0
    max_queues: Annotated[
        int, Whole(0, 1_000_000), Field(description="How many queues it may have; 0: as many as it wants.")
    ] = 0
    max_conferences: Annotated[
        int, Whole(0, 1_000_000), Field(description="How many conference rooms it may have; 0: as many as it wants.")
    ] = 0
    max_recordings_mb: Annotated[
        int,
        Whole(0, 1_000_000_000),
        NotYet(),
        Field(description="How much its recordings may take, in MB; 0: as much as there is."),
    ] = 0
    max_voicemail_mb: Annotated[
        int,
        Whole(0, 1_000_000_000),
        NotYet(),
        Field(description="How much its voicemail may take, in MB; 0: as much as there is."),
    ] = 0
    max_cdrs_mb: Annotated[
        int,
        Whole(0, 1_000_000_000),
        NotYet(),
        Field(description="How much the records of its calls may take, in MB; 0: as much as there is."),
    ] = 0


class Billing(Part):
    """Which calls over trunks are paid for by who has them (RateTables say how much)."""

    outgoing: Annotated[bool, Field(description="true: calls to the outside.")] = False
    incoming: Annotated[bool, Field(description="true: calls from outside.")] = False


class Retention(Part):
    """How long what is recorded of its calls is kept. One field for each thing that is kept."""

    cdrs: Annotated[
        int,
        Days(36_500),
        Field(
            description="For how many days from its start the record of a call is kept, as 90d; 0: for ever. A lower number deletes "
            "records a day after it is applied."
        ),
    ] = 0
    recordings: Annotated[
        int,
        Days(36_500),
        NotYet(),
        Field(description="For how many days a recording is kept, as 90d; 0: until it is deleted."),
    ] = 0


class TenantProfile(Part):
    """Who stands behind it; its people are of that company."""

    company: Annotated[DisplayName | None, Field(description="The company's name.")] = None
    web_site: Annotated[HttpUrl | None, Field(description="Its web site.")] = None
    mail: Annotated[
        MailAddress | None, NotYet(), Field(description="Where notices about the tenant are mailed to, such as alerts.")
    ] = None
    currency: Annotated[Currency, Field(description="The currency of all its amounts of money, by ISO 4217.")] = "USD"


class TenantSpec(Spec):
    """What a tenant is."""

    domain: Annotated[
        Domain,
        Field(description="The SIP domain and realm, right of the @ of every address; a name need not resolve."),
    ]
    enabled: Annotated[bool, Field(description="false stops all its extensions and calls.")] = True
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    profile: Annotated[TenantProfile, Field(description="Who stands behind it.", default_factory=TenantProfile)]
    quotas: Annotated[Quotas, Field(description="How much of the system it may use.", default_factory=Quotas)]
    time_zone: Annotated[
        TimeZone, Field(description="The time zone of its people, and of its OfficeHours that name none.")
    ] = "UTC"
    office_hours: Annotated[
        ResourceName | None,
        Field(description="The OfficeHours of all who have none of their own; default: always in hours."),
    ] = None
    retention: Annotated[
        Retention, Field(description="How long what is recorded of it is kept.", default_factory=Retention)
    ]
    dialling: Annotated[Dialling, Field(description="How its people dial.", default_factory=Dialling)]
    blocked: Annotated[
        tuple[Blocked, ...],
        Field(
            description="Numbers outside that nobody of it talks to, whatever is dialled for them: what a route would send "
            "counts, too; emergency numbers can't be blocked.",
            strict=False,
            max_length=1000,
        ),
    ] = ()
    countries: Annotated[
        Countries, Field(description="Where its people may call, and where not.", default_factory=Countries)
    ]
    tolls: Annotated[
        Tolls, Field(description="What its calls outside cost, and how much they may.", default_factory=Tolls)
    ]
    billing: Annotated[
        Billing,
        Field(
            description="Which calls over trunks are billed, by the RateTable that tolls.rates names (docs/rates.md).",
            default_factory=Billing,
        ),
    ]
    may_change: Annotated[
        tuple[Preference, ...],
        NotYet(only=WAITING),
        Field(
            description=f"What its people may set without a manifest, where their extension says nothing of it. {MAY_CHANGE}",
            strict=False,
            max_length=6,
        ),
    ] = ()
    webhooks: Annotated[
        Webhooks,
        Field(description="Who is told of its calls and registrations, by HTTP.", default_factory=Webhooks),
    ]
    rules: Annotated[
        RulesOff, Field(description="Rules that are not asked of what is its own.", default_factory=RulesOff)
    ]


class Tenant(Manifest):
    """One isolated PBX on the system, with its own domain, extensions and rules."""

    kind: Annotated[Literal["Tenant"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: TenantSpec
