"""What a request by TCP passes before any route: the name it asks by, who it is, whether a page of somebody else sent it.

In this order: that a request has one length, the Host header (against DNS rebinding: a foreign name that leads to us is not answered),
then a bearer token, else the page's cookie. A cookie is sent by the browser whoever made the page that asks; so commands with one need a
header that no other page can set, and an Origin that is ours. All answers, refusals too, carry the same security headers.

Wrong credentials are counted by address. They can't be guessed (256 bits), so nobody is shut out for them: beyond the rate they are
answered 429, and valid ones go on. Every refusal is counted by its reason for `/metrics`.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Access
from api.caller import KEY, TOKEN_KEY
from api.events.response import ABORT
from api.gate_refusal import CREDENTIALS, GateRefusal
from api.problem_type import ProblemType
from api.problems import problem
from api.proxies import Proxies
from api.request_id import HEADER, id_of
from api.routes.session import COOKIE
from api.tokens import Kind, TokensUnknown, caller_of
from engine.ports import StoredToken

log = logging.getLogger("trunkline.api")

REQUESTED: Final = "X-Trunkline-Request"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_WRONG: Final = 20
PERIOD_S: Final = 60.0
MOST_ADDRESSES: Final = 4096
MAKE_ONE: Final = "make one with: trunkline token create"
CHALLENGE: Final = 'Bearer realm="trunkline"'
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Where the route does not say otherwise."""

_HOOK: Final = re.compile("/v1/(?:tenants/[^/]+/)?source/hook")


class Refused(Exception):
    """Before any route. `reason`: as it is counted; `sort`: of the problem body."""

    def __init__(self, reason: GateRefusal, sort: ProblemType, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.reason = reason
        self.sort = sort
        self.headers = headers or {}


class WrongCredentials:
    """How many came from which address within a minute; bounded, forgotten each minute."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began = now()
        self._by_address: Counter[str] = Counter()
        self.total = 0

    def note(self, address: str) -> float | None:
        """One more; None, or for how many seconds it is too many."""
        now = self._now()
        if now - self._began >= PERIOD_S:
            self._began = now
            self._by_address.clear()
        self.total += 1
        if address in self._by_address or len(self._by_address) < MOST_ADDRESSES:
            self._by_address[address] += 1
        count = self._by_address[address]
        if count in (1, MOST_WRONG + 1):
            log.warning("api: wrong credentials: source=%s count=%d", address, count)
        return self._began + PERIOD_S - now if count > MOST_WRONG else None


class Gate:
    """The app for who comes by TCP. `names`: what the server is called besides localhost and addresses, as browsers show it; `proxies`:
    whom to believe about the browser's side."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        names: frozenset[str],
        now: Callable[[], float],
        proxies: Proxies = Proxies(),  # noqa: B008  # a value: nobody can change it
    ) -> None:
        self._app = app
        self._access = access
        public = access.public
        self._names = names if public is None else names | {public.name}
        self._public = public
        self._proxies = proxies
        self.wrong = WrongCredentials(now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no websockets here
        scope = {**scope}
        sending = self._guarded(scope, send)
        try:
            headers = Headers(scope=scope)
            _check_framing(headers)
            self._check_host(headers)
            peer = scope["client"][0] if scope.get("client") else ""
            origin = self._proxies.origin(peer, scope.get("scheme", "http"), headers)
            scope["scheme"] = "https" if self._is_public(headers) else origin.scheme
            if _is_kept(scope["path"]):
                self._authenticate(scope, headers, origin.address)
        except Refused as error:
            self._access.refusals[error.reason] += 1
            told = {**error.headers, HEADER: id_of(scope)}
            answer = problem(Request(scope), error.sort, str(error), headers=told)
            await answer(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    def _is_public(self, headers: Headers) -> bool:
        """Whether a browser asks that has the page by HTTPS, though no proxy says so."""
        public = self._public
        return (
            public is not None
            and public.scheme == "https"
            and (headers.get("origin") == public.origin or headers.get("host", "").lower() == public.host)
        )

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        host = _without_port(hosts[0]) if len(hosts) == 1 else ""
        if host == "localhost" or host in self._names or _is_address(host):
            return
        raise Refused(
            GateRefusal.FOREIGN_NAME,
            ProblemType.MISDIRECTED,
            "this server is not asked by that name; use its address, or name it with --public-url or --api-name",
        )

    def _authenticate(self, scope: Scope, headers: Headers, address: str) -> None:
        method, path = scope["method"], scope["path"]
        if (method, path) == ("POST", "/v1/session"):  # the code in the body says who asks
            self._check_page(headers)
            return
        if method == "POST" and _HOOK.fullmatch(path):  # its signature does
            return
        try:
            token = self._token(headers, address, method)
        except TokensUnknown as error:
            raise Refused(GateRefusal.NOT_READY, ProblemType.BUSY, str(error), {"Retry-After": "2"}) from None
        scope[KEY] = caller_of(token)
        scope[TOKEN_KEY] = token

    def _token(self, headers: Headers, address: str, method: str) -> StoredToken:
        tokens = self._access.tokens
        bearers = headers.getlist("authorization")
        if bearers:
            scheme, _, text = bearers[0].partition(" ")
            token, text = None, text.strip()
            is_one = len(bearers) == 1 and scheme.lower() == "bearer"
            if is_one:
                token = tokens.token_of(text, Kind.TOKEN)
            if token is None:
                is_over = is_one and tokens.is_over(text, Kind.TOKEN)
                reason = GateRefusal.TOKEN_OVER if is_over else GateRefusal.WRONG_TOKEN
                why = (
                    f"the token {'has expired, or was revoked' if is_over else 'is none that is good now'}; {MAKE_ONE}"
                )
                raise self._refusal(address, reason, why, 'error="invalid_token"')
            return token
        session = _cookie(headers)
        if session is None:
            raise Refused(
                GateRefusal.NO_CREDENTIALS,
                ProblemType.UNAUTHENTICATED,
                f"this needs a token in the header Authorization; {MAKE_ONE}",
                {"WWW-Authenticate": CHALLENGE},
            )
        token = tokens.token_of(session, Kind.SESSION)
        if token is None:
            is_over = tokens.is_over(session, Kind.SESSION)
            reason = GateRefusal.SESSION_OVER if is_over else GateRefusal.WRONG_SESSION
            raise self._refusal(address, reason, "the session is over; open the page again with: trunkline open", "")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise _foreign_page("another site's page asks with this session")
        if method not in SAFE:
            self._check_page(headers)
            if "origin" not in headers:
                raise _foreign_page("a command with a session needs the header Origin")
        return token

    def _check_page(self, headers: Headers) -> None:
        """That our own page asks."""
        if headers.get(REQUESTED) != "1":
            raise _foreign_page(f"this needs the header {REQUESTED}: 1")
        origin = headers.get("origin")
        if origin is not None and not self._is_ours(origin, headers.get("host", "")):
            raise _foreign_page("another site's page asks")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise _foreign_page("another site's page asks")

    def _is_ours(self, origin: str, host: str) -> bool:
        """Not every proxy hands on what the browser calls us."""
        if self._public is not None and origin == self._public.origin:
            return True
        return origin.partition("://")[2].lower() == host.lower()

    def _refusal(self, address: str, reason: GateRefusal, why: str, detail: str) -> Refused:
        wait_s = self.wrong.note(address) if reason in CREDENTIALS else None
        if wait_s is not None:
            return Refused(
                GateRefusal.TOO_MANY,
                ProblemType.TOO_MANY,
                "too many wrong credentials came from there",
                {"Retry-After": str(int(wait_s) + 1)},
            )
        challenge = f"{CHALLENGE}, {detail}" if detail else CHALLENGE
        return Refused(reason, ProblemType.UNAUTHENTICATED, why, {"WWW-Authenticate": challenge})

    def _guarded(self, scope: Scope, send: Send) -> Send:
        """Sends with the security headers; ends an answer that goes on and on when its token is good no more."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif message.get("more_body"):
                token, abort = scope.get(TOKEN_KEY), scope.get("state", {}).get(ABORT)
                if isinstance(token, StoredToken) and abort is not None and not self._access.tokens.is_good(token.id):
                    abort()
            await send(message)

        return sending


def _is_kept(path: str) -> bool:
    """Whether it needs a caller: all that is no file of the page and no question of a supervisor."""
    return path in ("/v1", "/metrics") or path.startswith(("/v1/", "/metrics/"))


def _check_framing(headers: Headers) -> None:
    """RFC 9112 §6.1: a request with two lengths is read in two ways, so what is behind its end may be somebody else's."""
    if "transfer-encoding" in headers and "content-length" in headers:
        raise Refused(
            GateRefusal.TWO_LENGTHS,
            ProblemType.MALFORMED,
            "a request has the header Content-Length or Transfer-Encoding, never both",
            {"Connection": "close"},
        )


def _foreign_page(why: str) -> Refused:
    return Refused(GateRefusal.FOREIGN_PAGE, ProblemType.FORBIDDEN, why)


def _cookie(headers: Headers) -> str | None:
    found = []
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            name, equals, _ = part.strip().partition("=")
            if equals and name == COOKIE:
                try:
                    found += [morsel.value for morsel in SimpleCookie(part.strip()).values()]
                except CookieError:
                    found.append("")
    return found[0] if len(found) == 1 else "" if found else None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[: host.find("]") + 1].lower()
    return host.partition(":")[0].lower()


def _is_address(host: str) -> bool:
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
