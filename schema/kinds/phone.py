"""`Phone`: a desk phone that is set up from here, by its MAC address (features E1, E2, B8)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.document import Path
from schema.field_type import refusal
from schema.kinds.phone_template import PhoneModel
from schema.mac_address import MacAddress
from schema.reference import NamesExtension
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import DisplayName, ExtensionNumber, ResourceName, Text
from schema.time_zone import TimeZone
from schema.whole import Whole

Codec = Literal["G711u", "G711a", "G722", "G729"]
PhoneLanguage = Literal["en", "zh", "de", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr"]
SpeedDialNumber = Annotated[
    str,
    Text(
        pattern=r"[+*#]?[0-9A-Za-z*#]{1,32}",
        form="a number as one would dial it",
        example="02079460100",
        rule="speed-dial",
    ),
]


class PhoneLine(Part):
    """One account on a phone."""

    extension: Annotated[
        ExtensionNumber,
        NamesExtension(),
        Field(description="The number of the Extension; several phones may have the same."),
    ]
    label: Annotated[DisplayName | None, Field(description="What the phone shows beside the line.")] = None


class PhoneKey(Part):
    """What a programmable key does."""

    key: Annotated[int, Whole(1, 300), Field(description="Which key: 1 is the first.")]
    type: Annotated[
        Literal["blf", "speedDial", "customSpeedDial", "changeStatus"],
        Field(
            description="blf: shows whether an extension is busy, and calls it; speedDial: calls an extension; customSpeedDial: a number; "
            "changeStatus: sets one's own status."
        ),
    ]
    extension: Annotated[
        ExtensionNumber | None, NamesExtension(), Field(description="Whom blf and speedDial are about.")
    ] = None
    number: Annotated[SpeedDialNumber | None, Field(description="What customSpeedDial calls.")] = None
    status: Annotated[
        Literal["available", "away", "doNotDisturb"] | None, Field(description="What changeStatus sets.")
    ] = None
    label: Annotated[DisplayName | None, Field(description="What the phone shows beside the key.")] = None

    @model_validator(mode="after")
    def _check_type(self) -> Self:
        wanted = {"customSpeedDial": "number", "changeStatus": "status"}.get(self.type, "extension")
        written = {
            name
            for name, value in (("extension", self.extension), ("number", self.number), ("status", self.status))
            if value is not None
        }
        if written != {wanted}:
            has = f"has {' and '.join(sorted(written))}" if written else "says nothing of whom"
            raise refusal("phone-key", f"is of type {self.type} and {has}", f"write {wanted}, and only that")
        return self


def refuse_twice(name: str, values: tuple[str, ...], *rest: str) -> None:
    """Raise what is wrong with a list in which a value stands twice; `rest`: where in an entry it stands."""
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        at: Path = (name, values.index(twice[0], values.index(twice[0]) + 1), *rest)
        raise refusal("phone-twice", f"has {', '.join(twice)} twice in {name}", "leave one of them out", at)


def refuse_keys_twice(keys: tuple[PhoneKey, ...]) -> None:
    """Raise what is wrong with keys of which two are one."""
    refuse_twice("keys", tuple(f"key {key.key}" for key in keys), "key")


class PhoneSpec(Spec):
    """What a phone is, and how it is set up."""

    mac: Annotated[MacAddress, Field(description="Its MAC address, from its label.")]
    rejected: Annotated[
        bool, Field(description="true: it was found in the network, and gets no settings from here.")
    ] = False
    template: Annotated[
        ResourceName, Field(description="The PhoneTemplate of its vendor, the tenant's own or a shared one.")
    ]
    model: Annotated[PhoneModel, Field(description="Its model, one of the template's.")]
    lines: Annotated[
        tuple[PhoneLine, ...],
        Field(description="Its accounts, in order; none: it is known and not assigned.", strict=False, max_length=24),
    ] = ()
    keys: Annotated[
        tuple[PhoneKey, ...], Field(description="What its programmable keys do.", strict=False, max_length=300)
    ] = ()
    language: Annotated[PhoneLanguage, Field(description="The language of its display.")] = "en"
    time_zone: Annotated[TimeZone | None, Field(description="Of its clock; default: the tenant's.")] = None
    codecs: Annotated[
        tuple[Codec, ...],
        Field(description="Which codecs it offers, the best first.", strict=False, min_length=1, max_length=4),
    ] = ("G722", "G711a", "G711u", "G729")
    web_password: Annotated[
        SecretSource | None,
        Field(
            description="Where the password of its own web page is found; default: one is made up for each phone, and can be shown."
        ),
    ] = None
    remote: Annotated[
        bool,
        Field(description="true: it is not in the PBX's network, and is set up by the provisioning URL."),
    ] = False

    @model_validator(mode="after")
    def _check_twice(self) -> Self:
        refuse_twice("codecs", self.codecs)
        refuse_keys_twice(self.keys)
        return self


class Phone(Manifest):
    """A desk phone that is set up from here, by its MAC address."""

    kind: Annotated[Literal["Phone"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: PhoneSpec
