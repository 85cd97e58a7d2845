"""A preset of a trunk (feature C1): what a carrier publishes of its SIP service, so that nobody types it again.

A preset is compiled away: it fills in fields of the trunk as if they were written there, and the engine never hears of it. What it fills in
is the carrier's and locked; what only the account knows (user, password, numbers) is left to the manifest. `generic` fills in nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

GENERIC: Final = "generic"
"""The preset of carriers that have none, and of gateways."""

Registers = Literal["always", "never", "either"]

# Of whose servers, addresses and transport a carrier itself decides; a preset that names a host leaves none of them open.
SERVICE: Final = ("host", "backupHosts", "outboundProxy", "transport", "domain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """`title`: the carrier and its service; `country`: ISO 3166 code, "" = worldwide; `registers`: whether one registers there.

    `fills`: values by field of `Trunk.spec`, as a manifest writes them; `open`: those of them that a manifest may write otherwise.
    `expires`: for how long one registers, "" = as everywhere; `host_form`: how the host of an account looks where each has its own;
    `page`: where the carrier publishes all this.
    """

    name: str
    title: str
    country: str
    registers: Registers
    page: str
    fills: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    open: frozenset[str] = frozenset()
    expires: str = ""
    host_form: str = ""

    @property
    def locked(self) -> frozenset[str]:
        """Fields of the spec that a manifest with this preset may not write."""
        if self.name == GENERIC:
            return frozenset()
        of_service = frozenset(SERVICE) if "host" in self.fills else frozenset()
        of_account = frozenset({"registration"}) if self.registers == "never" else frozenset()
        return (frozenset(self.fills) | of_service | of_account | {"sameNetwork"}) - self.open

    def filled(self, written: Mapping[str, object]) -> dict[str, object]:
        """What a manifest writes, and what it leaves to the preset."""
        filled = {**self.fills, **written}
        registration = written.get("registration")
        if self.expires and isinstance(registration, dict) and "expires" not in registration:
            filled["registration"] = {**registration, "expires": self.expires}
        return filled
