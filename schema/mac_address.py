"""Fields that hold the MAC address of a phone: `00:15:65:aa:bb:cc`, also with - between, or without anything."""

import re
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.problem import shown

FORM: Final = "[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{12}"
GROUP_BIT: Final = 1
"""Of the first octet: the address of a group of stations, which no phone has (IEEE 802)."""


class _MacAddress(FieldType[str]):
    def read(self, value: object) -> str:
        """Return it in small letters, with colons."""
        if not isinstance(value, str) or re.fullmatch(FORM, value) is None:
            raise refusal("mac-address", f"is {shown(value)}, not a MAC address", 'write it like "00:15:65:aa:bb:cc"')
        digits = re.sub("[:-]", "", value).lower()
        if digits in ("0" * 12, "f" * 12) or int(digits[:2], 16) & GROUP_BIT:
            raise refusal("mac-address", f"is {shown(value)}, which no phone has", "write the one on the phone's label")
        return ":".join(digits[start : start + 2] for start in range(0, 12, 2))

    def write(self, value: str) -> str:
        """Return it with colons."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the forms."""
        return {"type": ["string", "number"], "pattern": f"^(?:{FORM})$", "examples": ["00:15:65:aa:bb:cc"]}


MacAddress = Annotated[str, _MacAddress()]
