"""`ExtensionProfile`: what many extensions have in common, said once. An Extension names it in `spec.profile`.

What an Extension writes itself counts instead; of mappings each field by itself, lists as a whole.
"""

from typing import Annotated, Literal

from pydantic import Field

from schema.extension_defaults import ExtensionDefaults
from schema.resource import Manifest, TenantMetadata


class ExtensionProfileSpec(ExtensionDefaults):
    """What an extension that names it has where it says nothing itself; what is not written here either has its own default."""


class ExtensionProfile(Manifest):
    """What many extensions have in common, said once: an Extension names it in spec.profile."""

    kind: Annotated[Literal["ExtensionProfile"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: ExtensionProfileSpec
