"""`ExtensionGroup`: extensions with permissions in common. Its members name it in `spec.groups`; of several groups each permission counts.

The group Default, in which is who names no group, gives none, and can't be declared.
"""

from typing import Annotated, Literal

from pydantic import Field

from schema.not_yet import NotYet
from schema.reference import NamesExtension
from schema.resource import Manifest, Spec, TenantMetadata
from schema.text import DisplayName, ExtensionNumber


class ExtensionGroupSpec(Spec):
    """What its members may."""

    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    may_call_outside: Annotated[
        bool, Field(description="true: its members may call outside, as OutboundRules allow.")
    ] = False
    may_page: Annotated[bool, NotYet(), Field(description="true: its members may page and call by intercom.")] = False
    may_use_portal: Annotated[bool, NotYet(), Field(description="true: its members may log in to the web pages.")] = (
        False
    )
    managers: Annotated[
        tuple[Annotated[ExtensionNumber, NamesExtension()], ...],
        NotYet(),
        Field(description="Members who see the records of all members' calls.", strict=False, max_length=100),
    ] = ()
    members_see_each_other: Annotated[
        bool, NotYet(), Field(description="false: members do not see each other's presence.")
    ] = True


class ExtensionGroup(Manifest):
    """Extensions with permissions in common: its members name it in spec.groups."""

    kind: Annotated[Literal["ExtensionGroup"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: ExtensionGroupSpec
