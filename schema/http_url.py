"""Fields that hold the URL of somebody's web server.

Credentials in a URL are refused and never shown: a URL is logged and copied, a reference to a secret is not.
"""

import re
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from schema.address import DOMAIN, address_of
from schema.field_type import FieldType, refusal
from schema.problem import shown

RULE: Final = "http-url"
LONGEST_CHARACTERS: Final = 2000
EXAMPLE: Final = 'write it like "https://crm.example.com/calls"'
# What RFC 3986 lets stand in a URI, without "#": a fragment is never sent. "@" only after the host.
FORM: Final = r"https?://[A-Za-z0-9.\-\[\]:]+(?:[/?][A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*)?"


class _HttpUrl(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the URL as written."""
        if not isinstance(value, str):
            raise refusal(RULE, f"is {shown(value)}, not a URL", EXAMPLE)
        scheme, separator, rest = value.partition("://")
        if separator and "@" in re.split("[/?#]", rest, maxsplit=1)[0]:
            hint = "take it out and write it in auth beside the URL, the password as {env: NAME} or {file: path}"
            raise refusal(RULE, "holds a user or a password (not shown here)", hint)
        if not separator or scheme not in {"http", "https"}:
            raise refusal(RULE, f"is {shown(value)}, which is not http:// or https://", EXAMPLE)
        if len(value) > LONGEST_CHARACTERS:
            raise refusal(RULE, f"has {len(value)} characters", f"the longest has {LONGEST_CHARACTERS}")
        if "#" in value:
            raise refusal(
                RULE, f"is {shown(value)}, with a fragment, which is never sent", 'remove "#" and what follows'
            )
        if re.fullmatch(FORM, value, re.ASCII) is None or not _leads_to_a_host(value):
            raise refusal(RULE, f"is {shown(value)}, which is no URL of a host", EXAMPLE)
        return str(value)

    def write(self, value: str) -> str:
        """Return the URL."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the form; whether its host is one is checked when it is read."""
        return {
            "type": "string",
            "pattern": f"^{FORM}$",
            "maxLength": LONGEST_CHARACTERS,
            "examples": ["https://crm.example.com/calls"],
        }


def _leads_to_a_host(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    host = host_of(parts)
    if parts.netloc.endswith(":") or port == 0 or not host:
        return False
    return address_of(host) is not None or (
        DOMAIN.fullmatch(host) is not None and not host.rpartition(".")[2].isdecimal()
    )


def host_of(parts: SplitResult) -> str:
    """Return the host in small letters, an IPv6 address without its brackets."""
    return (parts.hostname or "").lower()


HttpUrl = Annotated[str, _HttpUrl()]
