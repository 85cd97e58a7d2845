"""Where a git server's redirects may lead: to another of its own addresses, and nowhere else."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from dulwich.client import HttpGitClient
from urllib3 import BaseHTTPResponse, PoolManager

from schema.problem import printable

MOST_REDIRECTS: Final = 5
LONGEST_WORDS: Final = 300


class LedElsewhere(Exception):
    """A server sent us where we don't go; the message says where, and what to do."""


def straight(client: HttpGitClient) -> HttpGitClient:
    """Let it go nowhere but where it was sent: a redirect to another server, or out of TLS, would let others say what manifests are,
    and might carry the token there. LedElsewhere."""
    manager = client.pool_manager
    assert isinstance(manager, PoolManager)  # noqa: S101  # dulwich's other one asks people for passwords
    ask = manager.urlopen

    def urlopen(method: str, url: str, redirect: bool = True, **settings: Any) -> BaseHTTPResponse:
        for _ in range(MOST_REDIRECTS):
            answer = ask(method, url, redirect=False, **settings)
            location = answer.get_redirect_location() if redirect else None
            if not location:
                return answer
            there = urljoin(url, location)
            if _place(there) != _place(url):
                raise LedElsewhere(
                    f"{_place(url)} sends us elsewhere, to {printable(_place(there))[:LONGEST_WORDS]}, which is not followed; "
                    "if it has moved there, name that address"
                )
            url = there
        raise LedElsewhere(
            f"{_place(url)} sends us from one of its addresses to the next without an end; name the right one"
        )

    manager.urlopen = urlopen  # type: ignore[method-assign]  # dulwich makes the manager, with proxies and certificates
    return client


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
