"""`PhoneTemplate`: how the phones of a vendor are set up (feature E1). Of a tenant, or, without `metadata.tenant`, shared."""

from typing import Annotated, Final, Literal

from pydantic import Field

from schema.resource import Manifest, SharedMetadata, Spec
from schema.text import Text

Vendor = Literal["yealink", "grandstream", "snom", "polycom", "cisco", "aastra", "fanvil", "gigaset", "panasonic"]
LAN_ONLY: Final[frozenset[Vendor]] = frozenset({"cisco", "polycom", "aastra"})
"""Whose phones are set up in the PBX's own network only, after a factory reset."""
PhoneModel = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9][A-Za-z0-9 ./+_-]{0,39}",
        form="a model's name: up to 40 letters, digits, spaces and . / + _ -",
        example="T46U",
        rule="phone-model-name",
    ),
]
SettingName = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}",
        form="the name of a vendor's setting",
        example="phone_setting.backlight_time",
        rule="phone-setting",
    ),
]
SettingValue = Annotated[
    str,
    Text(
        pattern="[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]{0,256}",
        form="a setting of up to 256 characters on one line",
        example="30",
        rule="phone-setting",
    ),
]


class PhoneTemplateSpec(Spec):
    """How phones of a vendor are set up."""

    vendor: Annotated[Vendor, Field(description="Who makes them; cisco: SPA and 79xx.")]
    models: Annotated[
        tuple[PhoneModel, ...],
        Field(description="The models that it is for.", strict=False, min_length=1, max_length=100),
    ]
    settings: Annotated[
        dict[SettingName, SettingValue],
        Field(
            description="Further settings, as the vendor calls them; what a Phone says wins. No passwords.",
            default_factory=dict,
        ),
    ]


class PhoneTemplate(Manifest):
    """How the phones of a vendor are set up."""

    kind: Annotated[Literal["PhoneTemplate"], Field(description="What sort of resource it is.")]
    metadata: SharedMetadata
    spec: PhoneTemplateSpec
