"""What browsers call the server: where links to the page lead, when a proxy with TLS stands before it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """`scheme`: http only for this machine itself; `name`: as in a Host header, without the port; `port`: None = the scheme's own."""

    scheme: str
    name: str
    port: int | None = None

    @property
    def host(self) -> str:
        """As browsers write the header Host."""
        return self.name if self.port is None else f"{self.name}:{self.port}"

    @property
    def origin(self) -> str:
        """As browsers write the header Origin."""
        return f"{self.scheme}://{self.host}"

    def __str__(self) -> str:
        return f"{self.origin}/"


def parse_public_url(text: str) -> PublicUrl:
    """ValueError says how to write it."""
    try:
        parts = urlsplit(text)
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise ValueError(f'"{text}" is no URL: {error}; write it like https://pbx.example') from None
    if parts.scheme not in _PORTS or not name or any(letter.isspace() for letter in text):
        raise ValueError(f'"{text}" is no URL of a page; write it like https://pbx.example')
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user and a password have no place in the page's URL; write it like https://pbx.example")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f'"{text}" goes on behind the host; the page is served at the root: write {_root(parts)}')
    name = _as_browsers_write(name, text)
    if parts.scheme == "http" and not _is_this_machine(name):
        raise ValueError(
            f'"{text}" would carry sessions in clear text; put a proxy with TLS before the API, and write {_https(name, port)}'
        )
    return PublicUrl(parts.scheme, name, None if port == _PORTS[parts.scheme] else port)


def _as_browsers_write(name: str, text: str) -> str:
    if ":" in name:
        return f"[{name}]"
    try:
        return name.encode("idna").decode().lower()
    except UnicodeError:
        raise ValueError(f'"{text}" names no host that can be; write it like https://pbx.example') from None


def _is_this_machine(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _root(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _https(name: str, port: int | None) -> str:
    return f"https://{name}" if port in (None, 80) else f"https://{name}:{port}"
