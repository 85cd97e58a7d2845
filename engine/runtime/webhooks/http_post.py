"""One POST to a receiver that may be anything: slow, dead, endless, or no web server at all.

RFC 9110; Basic RFC 7617; Digest RFC 7616 through httpx. Left out on purpose: redirects, proxies and credentials from the environment,
cookies, compressed answers. Certificates are checked against the machine's authorities and those of certifi.

Surprising: httpx runs an authentication by itself only if it may read the whole 401 into memory, so its steps are made here.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import httpx

MOST_ANSWER_BYTES: Final = 64 * 1024
"""What is read of an answer so that its connection can be used again; of a longer one the connection is closed."""
MOST_CONNECTIONS: Final = 64
_KEPT_S: Final = 15.0
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """`retry_after`: as the header has it, None if there is none."""

    status: int
    retry_after: str | None


class PostFailed(Exception):
    """Why there is no answer, in words that go on after the receiver's name; nothing secret in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """`auth`: none, basic or digest; `timeout_s`: for the whole of it, from resolving the name to the end of the answer."""

    url: str
    auth: str
    user: str
    password: str | None = field(repr=False)
    timeout_s: float


class HttpPoster:
    """For one loop. `close` at the end."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._digests: dict[Receiver, httpx.DigestAuth] = {}

    async def post(self, receiver: Receiver, headers: Mapping[str, str], body: bytes) -> Answer:
        """PostFailed if there is no answer to speak of."""
        import httpx

        client = self._client
        if client is None:
            client = self._client = await asyncio.to_thread(_client)
        try:
            async with asyncio.timeout(receiver.timeout_s):
                return await self._steps(client, receiver, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            raise PostFailed(f"gave no answer within {receiver.timeout_s:g} s") from None
        except (httpx.ConnectError, OSError) as error:
            raise PostFailed(f"can't be reached: {_words(error)}") from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            raise PostFailed(f"gave no proper answer: {_words(error)}") from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _steps(
        self, client: httpx.AsyncClient, receiver: Receiver, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        request = client.build_request("POST", receiver.url, content=body, headers=dict(headers))
        flow = self._login(receiver).auth_flow(request)
        request = next(flow)
        while True:
            response = await client.send(request, stream=True, auth=None)
            try:
                following = _next_step(flow, response)
                await _read_some(response)
            finally:
                await response.aclose()
            if following is None:
                return Answer(response.status_code, response.headers.get("Retry-After"))
            request = following

    def _login(self, receiver: Receiver) -> httpx.Auth:
        import httpx

        if receiver.password is None or receiver.auth == "none":
            return httpx.Auth()
        if receiver.auth == "basic":
            return httpx.BasicAuth(receiver.user, receiver.password)
        # Kept, since it knows the last challenge: the next request needs no round of its own to be refused first.
        known = self._digests.get(receiver)
        if known is None:
            if len(self._digests) >= 1000:
                self._digests.clear()
            known = self._digests[receiver] = httpx.DigestAuth(receiver.user, receiver.password)
        return known


def _client() -> httpx.AsyncClient:
    # In a thread, once: reading the authorities takes some 50 ms.
    import certifi
    import httpx

    if importlib.util.find_spec("sniffio") is None:
        # httpcore asks for it at each request, which without this searches the disk each time: a third of what a POST costs.
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # "does not exist", as the import system has it
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    return httpx.AsyncClient(
        verify=trusted,
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"Accept": "*/*", "Accept-Encoding": "identity"},
        timeout=None,  # noqa: S113 - the whole has one, see post
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=MOST_CONNECTIONS, keepalive_expiry=_KEPT_S),
    )


def _next_step(flow: object, response: httpx.Response) -> httpx.Request | None:
    """What the authentication sends next, None if it has come to its end."""
    from collections.abc import Generator

    assert isinstance(flow, Generator)  # noqa: S101 - httpx's own
    try:
        request: httpx.Request = flow.send(response)
    except StopIteration:
        return None
    except (KeyError, NotImplementedError, ValueError):
        # httpx speaks MD5, SHA, SHA-256 and SHA-512, and qop=auth alone.
        raise PostFailed("asks for a kind of digest authentication that is not known here") from None
    return request


async def _read_some(response: httpx.Response) -> None:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_ANSWER_BYTES:
            return


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:_LONGEST_REASON]
