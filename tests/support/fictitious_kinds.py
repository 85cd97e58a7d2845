"""Two kinds that exist in no PBX and are not carried out, for tests of what is only declared; and how to make them known for one test."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from schema.not_yet import NotYet
from schema.registry import KINDS, Kind, Scope
from schema.resource import Manifest, Metadata, Part, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import DisplayName, ExtensionNumber
from schema.whole import Whole


class Bulb(Part):
    """What shines in a lamp."""

    watts: Annotated[int, Whole(1, 100), Field(description="How much it takes.")] = 5
    colour: Annotated[Literal["white", "red"], NotYet(only=("red",)), Field(description="Its colour.")] = "white"


class LampSpec(Spec):
    """What a lamp is."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled to light it.")]
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    pin: Annotated[SecretSource | None, Field(description="Where its PIN is found.")] = None


class Lamp(Manifest):
    """A lamp that is lit by a call."""

    kind: Annotated[Literal["Lamp"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: LampSpec


class BeaconSpec(Spec):
    """What a beacon is. Its fields are marked one by one, too."""

    bulbs: Annotated[tuple[Bulb, ...], Field(description="What shines.", strict=False)] = ()
    height: Annotated[int, Whole(0, 100), NotYet(), Field(description="How high it stands.")] = 3
    spare: Annotated[Bulb, NotYet(), Field(description="For when one fails.", default_factory=Bulb)]
    words: Annotated[
        tuple[Literal["dot", "dash"], ...], NotYet(only=("dash",)), Field(description="What it says.", strict=False)
    ] = ()


class Beacon(Manifest):
    """A light of the whole system."""

    kind: Annotated[Literal["Beacon"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: BeaconSpec


LAMP = """\
apiVersion: trunkline/v1
kind: Lamp
metadata: {tenant: acme, name: porch}
spec:
  number: "700"
  pin: {env: LAMP_PIN}
"""
BEACON = """\
apiVersion: trunkline/v1
kind: Beacon
metadata: {name: tower}
spec: {height: 7}
"""


def make_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the rest of the test."""
    monkeypatch.setitem(KINDS, "Lamp", Kind(Lamp, Scope.OWNED, is_carried_out=False))
    monkeypatch.setitem(KINDS, "Beacon", Kind(Beacon, Scope.SYSTEM, is_carried_out=False))
