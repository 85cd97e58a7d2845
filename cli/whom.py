"""Whom a command asks: the server of a data folder, by its control socket, or one elsewhere, by its API with a token.

The token is never an argument, which every process of the machine could read: it is named, as a file or by the environment. It is read
at each connection, so whoever changes the file changes what a follower comes back with.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from cli.client import TIMEOUT_S, ClientError, control_client, no_text

TOKEN: str = "TRUNKLINE_TOKEN"  # noqa: S105  # a variable's name


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`token_file`: None = the environment has the token."""

    url: str
    token_file: Path | None

    def token(self) -> str:
        """ClientError if there is none."""
        if self.token_file is None:
            text, where = os.environ.get(TOKEN, ""), TOKEN
            if not text:
                raise ClientError(
                    f"{self.url} needs a token: name a file that holds one with --token-file (TRUNKLINE_TOKEN_FILE), or set {TOKEN}; "
                    "make one with: trunkline token create"
                )
        else:
            where = str(self.token_file)
            try:
                text = self.token_file.read_text("ascii")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it holds what no token does"
                raise ClientError(f"the token can't be read from {where}: {why}") from None
        text = text.strip()
        if not (text.isascii() and text.isprintable()) or " " in text or not text:
            raise ClientError(f"{where} holds no token; one reads tl_..._..., in one line")
        return text


Whom: TypeAlias = Path | Elsewhere


def whom(data: Path, server: str | None, token_file: Path | None) -> Whom:
    """ValueError for a URL that can't be asked."""
    if not server:
        return data
    try:
        parts = urlsplit(server)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f'--server "{server}" is no URL of a server; write it like https://pbx.example')
    if parts.username is not None or parts.password is not None:
        raise ValueError("--server has a name or password in it, which others can read; use --token-file")
    if parts.scheme == "http" and not _is_here(host):
        sys.stderr.write(f"trunkline: the token goes to {host} in clear text: whoever is on the path reads it\n")
    return Elsewhere(server.rstrip("/"), token_file)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def client_of(asked: Whom) -> Iterator[httpx.Client]:
    """A client of that server. ClientError if it can't be reached."""
    if isinstance(asked, Path):
        with control_client(asked) as client:
            yield client
        return
    headers = {"Authorization": f"Bearer {asked.token()}"}
    try:
        with httpx.Client(
            base_url=asked.url,
            headers=headers,
            timeout=TIMEOUT_S,
            trust_env=False,  # no .netrc, whose password would go instead of the token
            verify=ssl.create_default_context(),  # the machine's authorities, or those of SSL_CERT_FILE
        ) as client:
            yield client
    except httpx.TimeoutException:
        raise ClientError(f"the server at {asked.url} does not answer within {TIMEOUT_S:.0f} s") from None
    except UnicodeEncodeError as error:
        raise no_text(error) from None
    except httpx.HTTPError as error:
        raise ClientError(f"the server at {asked.url} can't be asked: {_reason(error)}") from None


def _reason(error: httpx.HTTPError) -> str:
    """In words: of what the system says, without its number."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there; name the address that serve --api gives, or that of the proxy before it"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not good: {cause.verify_message}; name the file of its authority in SSL_CERT_FILE"
            )
        if isinstance(cause, ssl.SSLError):
            return f"TLS fails ({cause.reason}); the API itself is http, a proxy before it makes it https"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return str(error)
