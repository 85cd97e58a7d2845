"""What a request by TCP passes before any route: names, tokens, sessions, pages of others; and what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from api.access import Access
from api.caller import Caller, Scope
from api.gate import HEADERS, MOST_WRONG, PERIOD_S, Gate
from api.proxies import Proxies
from api.public_url import parse_public_url
from api.tokens import Kind
from tests.api.test_routes import Site as AppSite
from tests.support.access_store import MemoryAccess

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HERE: Final = "http://127.0.0.1:8888"


@cache
def the_app() -> FastAPI:
    """Made once: that takes some tenths of a second."""
    return AppSite().app


class Site:
    """The gate before the real app, with a token and a session of scope operate."""

    def __init__(self) -> None:
        self.now = NOW
        self.monotonic = 0.0
        self.peer = "127.0.0.1"
        self.store = MemoryAccess()
        self.access = Access(self.store, lambda: self.now, lambda: self.monotonic)
        app = the_app()
        app.state.access = self.access
        self.gate = Gate(app, self.access, frozenset({"pbx.example"}), lambda: self.monotonic)
        asyncio.run(self.access.tokens.load())
        self.token = self.make(Kind.TOKEN)
        self.session = self.make(Kind.SESSION)

    def make(self, kind: Kind, scope: Scope = Scope.OPERATE) -> str:
        life = timedelta(hours=12)
        return asyncio.run(self.access.tokens.make(kind, f"{kind} {scope.value}", scope, None, life))[1]

    def make_other_admin(self) -> str:
        tokens = self.access.tokens
        return asyncio.run(tokens.make(Kind.TOKEN, "other", Scope.ADMIN, None, timedelta(hours=1)))[1]

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None
    ) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.gate, raise_app_exceptions=False, client=(self.peer, 1))
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
                return await client.request(method, path, headers=dict(headers or {}), json=body)

        return asyncio.run(answer())

    def bearer(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}"}

    def cookie(self, session: str | None = None) -> dict[str, str]:
        return {"Cookie": f"theme=dark; trunkline_session={session or self.session}"}


@pytest.fixture
def site() -> Site:
    return Site()


OURS: Final = {"X-Trunkline-Request": "1", "Origin": HERE}


def test_without_a_token_nothing_is_told(site: Site) -> None:
    for path in ("/v1/status", "/v1/openapi.json", "/v1/nothing", "/v1", "/metrics", "/v1/session"):
        answer = site.ask("GET", path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="trunkline"'), path
        assert answer.headers["x-request-id"], path
        assert answer.headers["content-type"] == "application/problem+json"


def test_with_a_token_it_is_told(site: Site) -> None:
    assert site.ask("GET", "/v1/status", site.bearer()).status_code == 200
    assert site.ask("GET", "/v1/status", {"Authorization": f"bearer  {site.token} "}).status_code == 200
    who = site.ask("GET", "/v1/session", site.bearer()).json()
    assert who == {"name": "token operate", "scope": "operate", "tenant": None, "expires_at": "2026-11-20T21:00:00Z"}


@pytest.mark.parametrize(
    "said", ["Basic YTpi", "Bearer", "Bearer x", "tl_1_2", "Bearer tl__", "Token {}", "Bearer {} {}"]
)
def test_another_authorization_is_none(site: Site, said: str) -> None:
    """Not even where a session's cookie stands beside it."""
    wrong = {"Authorization": said.replace("{}", site.token)}
    answer = site.ask("GET", "/v1/status", wrong | site.cookie())
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["www-authenticate"]) == (401, True)


def test_the_health_of_the_process_needs_no_token(site: Site) -> None:
    assert site.ask("GET", "/healthz").json() == {"ok": True, "reasons": []}
    answer = site.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["no revision with a listener is served"])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8888", 200),
        ("localhost:8888", 200),
        ("LOCALHOST", 200),
        ("[::1]:8888", 200),
        ("192.0.2.9", 200),
        ("pbx.example", 200),
        ("PBX.example:443", 200),
        ("evil.example:8888", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
def test_it_is_asked_by_its_own_name_only(site: Site, host: str, status: int) -> None:
    """A page of a foreign name that leads here (DNS rebinding) gets nothing, not even with a token, nor the health."""
    assert site.ask("GET", "/v1/status", site.bearer() | {"Host": host}).status_code == status
    assert site.ask("GET", "/healthz", {"Host": host}).status_code == status


def test_a_session_reads_without_more(site: Site) -> None:
    assert site.ask("GET", "/v1/status", site.cookie()).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (OURS, 404),
        (OURS | {"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": HERE}, 403),
        ({"X-Trunkline-Request": "1"}, 403),
        ({"X-Trunkline-Request": "0", "Origin": HERE}, 403),
        (OURS | {"Origin": "http://evil.example"}, 403),
        (OURS | {"Origin": "http://127.0.0.1:9999"}, 403),
        (OURS | {"Origin": "null"}, 403),
        (OURS | {"Sec-Fetch-Site": "cross-site"}, 403),
        (OURS | {"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_command_with_a_session_comes_from_our_page(site: Site, headers: dict[str, str], status: int) -> None:
    """404: it came to the route, which knows no such call."""
    assert site.ask("DELETE", "/v1/calls/0199-1", site.cookie() | headers).status_code == status


def test_another_sites_page_reads_nothing_with_a_session(site: Site) -> None:
    assert site.ask("GET", "/v1/status", site.cookie() | {"Sec-Fetch-Site": "same-site"}).status_code == 403


def test_a_token_needs_no_page(site: Site) -> None:
    assert site.ask("DELETE", "/v1/calls/0199-1", site.bearer()).status_code == 404


def test_two_sessions_are_none(site: Site) -> None:
    twice = {"Cookie": f"trunkline_session={site.session}; trunkline_session={site.session}"}
    assert site.ask("GET", "/v1/status", twice).status_code == 401


def test_a_token_in_the_cookie_and_a_session_in_the_header_are_none(site: Site) -> None:
    assert site.ask("GET", "/v1/status", site.cookie(site.token)).status_code == 401
    assert site.ask("GET", "/v1/status", site.bearer(site.session)).status_code == 401


def open_session(site: Site, headers: Mapping[str, str] = OURS) -> httpx.Response:
    code = site.access.links.make("page of ada", Scope.READ, "acme")
    return site.ask("POST", "/v1/session", headers, {"code": code})


def cookie_of(opened: httpx.Response) -> dict[str, str]:
    return {"Cookie": opened.headers["set-cookie"].partition(";")[0]}


def test_a_link_opens_a_session_that_ends_with_logging_out(site: Site) -> None:
    opened = open_session(site)
    assert (opened.status_code, opened.json()["tenant"]) == (201, "acme")
    (cookie,) = opened.headers.get_list("set-cookie")
    value, *rest = cookie.split("; ")
    assert {part.lower() for part in rest} == {"httponly", "samesite=strict", "path=/", "max-age=43200"}
    with_it = {"Cookie": value}
    assert site.ask("GET", "/v1/session", with_it).json()["name"] == "page of ada"
    assert site.ask("GET", "/v1/bans", with_it).json()["items"] == []
    assert site.ask("DELETE", "/v1/session", with_it).status_code == 403
    assert site.ask("DELETE", "/v1/session", with_it | OURS).status_code == 204
    assert site.ask("GET", "/v1/session", with_it).status_code == 401


def test_a_session_survives_a_restart_and_ends_after_twelve_hours(site: Site) -> None:
    with_it = {"Cookie": open_session(site).headers["set-cookie"].partition(";")[0]}
    asyncio.run(site.access.tokens.load())
    assert site.ask("GET", "/v1/session", with_it).status_code == 200
    site.now += timedelta(hours=12)
    assert site.ask("GET", "/v1/session", with_it).status_code == 401


def test_no_other_page_opens_a_session_here(site: Site) -> None:
    assert open_session(site, {}).status_code == 403
    assert open_session(site, OURS | {"Origin": "http://evil.example"}).status_code == 403


def test_a_used_link_is_gone(site: Site) -> None:
    code = site.access.links.make("page", Scope.READ, None)
    assert [site.ask("POST", "/v1/session", OURS, {"code": code}).status_code for _ in range(2)] == [201, 410]


def test_a_link_is_not_used_up_by_a_server_that_can_open_no_session_yet(site: Site) -> None:
    access = Access(site.store)
    the_app().state.access = access
    site.gate = Gate(the_app(), access, frozenset(), lambda: 0.0)
    code = access.links.make("page", Scope.READ, None)
    assert site.ask("POST", "/v1/session", OURS, {"code": code}).status_code == 503
    asyncio.run(access.tokens.load())
    assert site.ask("POST", "/v1/session", OURS, {"code": code}).status_code == 201


PROXIES: Final = Proxies((ip_network("192.0.2.0/24"),))
HTTPS: Final = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("peer", "headers", "is_secure"),
    [
        ("127.0.0.1", HTTPS, True),
        ("::1", HTTPS, True),
        ("::ffff:127.0.0.1", HTTPS, True),
        ("192.0.2.7", HTTPS, True),
        ("198.51.100.7", HTTPS, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"X-Forwarded-Proto": "http"}, False),
        ("127.0.0.1", {"X-Forwarded-Proto": "https, http"}, False),
        ("127.0.0.1", {"X-Forwarded-Proto": "HTTPS"}, True),
        ("127.0.0.1", {"Forwarded": "proto=https"}, False),
    ],
)
def test_the_cookie_is_for_https_only_where_a_proxy_that_we_know_says_so(
    site: Site, peer: str, headers: dict[str, str], is_secure: bool
) -> None:
    site.peer = peer
    site.gate = Gate(the_app(), site.access, frozenset(), lambda: 0.0, PROXIES)
    cookie = open_session(site, OURS | headers).headers["set-cookie"]
    assert ("; Secure" in cookie) == is_secure


PUBLIC: Final = parse_public_url("https://phones.example:8443")


@pytest.mark.parametrize(
    ("headers", "status", "is_secure"),
    [
        ({"Host": "phones.example:8443", "Origin": PUBLIC.origin}, 201, True),
        ({"Host": "phones.example", "Origin": PUBLIC.origin}, 201, True),  # nginx's $host
        ({"Origin": PUBLIC.origin}, 201, True),  # a proxy that hands on no Host
        ({"Host": "PHONES.example:8443"}, 403, None),  # `Origin` is of another host
        ({}, 201, False),  # on this machine, past the proxy
        ({"Origin": "https://phones.example"}, 403, None),
        ({"Origin": "http://phones.example:8443"}, 403, None),
        ({"Host": "phones.example.evil", "Origin": PUBLIC.origin}, 421, None),
    ],
)
def test_who_comes_by_the_public_url_is_our_page_and_has_its_cookie_by_https_only(
    site: Site, headers: dict[str, str], status: int, is_secure: bool | None
) -> None:
    site.access.public = PUBLIC
    site.gate = Gate(the_app(), site.access, frozenset(), lambda: 0.0)
    answer = open_session(site, OURS | headers)
    assert answer.status_code == status
    assert ("; Secure" in answer.headers["set-cookie"] if is_secure is not None else None) is is_secure


def test_links_lead_to_the_public_url(site: Site) -> None:
    site.access.public, site.access.url = PUBLIC, f"{HERE}/"
    asked = site.ask("POST", "/v1/links", site.bearer(site.make(Kind.TOKEN, Scope.ADMIN)), {"scope": "read"})
    assert asked.json()["url"].startswith("https://phones.example:8443/open#")


def test_wrong_credentials_are_counted_by_the_address_that_a_proxy_tells(site: Site) -> None:
    for peer, status in (("127.0.0.1", 401), ("198.51.100.7", 429)):
        site.peer = peer
        site.gate = Gate(the_app(), site.access, frozenset(), lambda: 0.0, PROXIES)
        for number in range(MOST_WRONG + 1):
            told = {"X-Forwarded-For": f"203.0.113.9, 203.0.113.{number}"}
            answer = site.ask("GET", "/v1/status", site.bearer("tl_0_guess") | told)
        assert answer.status_code == status, peer


def test_a_revoked_token_ends_the_links_and_sessions_that_it_opened(site: Site) -> None:
    site.access.url = f"{HERE}/"
    admin = site.bearer(site.make(Kind.TOKEN, Scope.ADMIN))

    def link(headers: dict[str, str]) -> dict[str, str]:
        asked = site.ask("POST", "/v1/links", headers, {"scope": "admin"})
        return {"code": asked.json()["url"].partition("#")[2]}

    first = cookie_of(site.ask("POST", "/v1/session", OURS, link(admin)))
    second = cookie_of(site.ask("POST", "/v1/session", OURS, link(first | OURS)))
    other = cookie_of(open_session(site))
    unused = [link(admin), link(second | OURS)]
    listed = site.ask("GET", "/v1/sessions", admin).json()["items"]
    assert [one["opened_by"] for one in listed if one["name"] == "page of token admin"] == ["token admin"]
    assert site.ask("DELETE", "/v1/tokens/token admin", site.bearer(site.make_other_admin())).status_code == 204
    assert [site.ask("GET", "/v1/status", one).status_code for one in (first, second, other)] == [401, 401, 200]
    assert [site.ask("POST", "/v1/session", OURS, code).status_code for code in unused] == [410, 410]
    asyncio.run(site.access.tokens.load())
    assert site.ask("GET", "/v1/status", first).status_code == 401


def test_a_session_lives_no_longer_than_the_token_that_opened_it(site: Site) -> None:
    token = asyncio.run(site.access.tokens.make(Kind.TOKEN, "brief", Scope.ADMIN, None, timedelta(hours=1)))[0]
    code = site.access.links.make("page of brief", Scope.READ, None, token.id)
    opened = site.ask("POST", "/v1/session", OURS, {"code": code})
    assert (opened.json()["expires_at"], "Max-Age=3600" in opened.headers["set-cookie"]) == (
        "2026-11-20T10:00:00Z",
        True,
    )


def test_sessions_are_listed_and_ended_and_the_trail_says_so(site: Site) -> None:
    admin = site.bearer(site.make(Kind.TOKEN, Scope.ADMIN))
    page = cookie_of(open_session(site))
    listed = site.ask("GET", "/v1/sessions", admin).json()["items"]
    (found,) = [one for one in listed if one["name"] == "page of ada"]
    assert (found["tenant"], found["scope"], found["opened_by"]) == ("acme", "read", None)
    assert not {"secret_sha256", "kind"} & found.keys()
    assert site.ask("DELETE", f"/v1/sessions/{found['id']}", admin).status_code == 204
    assert site.ask("GET", "/v1/status", page).status_code == 401
    assert site.ask("DELETE", f"/v1/sessions/{found['id']}", admin).status_code == 404
    token_id = site.token.split("_")[1]
    assert site.ask("DELETE", f"/v1/sessions/{token_id}", admin).status_code == 404
    told = [(one.who, one.what, one.target, one.tenant) for one in site.store.trail if one.result == "done"]
    assert told == [
        ("page of ada", "session open", found["id"], "acme"),
        ("token admin", "session end", found["id"], "acme"),
    ]


def test_every_refusal_is_counted_by_its_reason(site: Site) -> None:
    over = asyncio.run(site.access.tokens.make(Kind.TOKEN, "over", Scope.READ, None, timedelta(seconds=1)))[1]
    page = cookie_of(open_session(site))
    site.now += timedelta(hours=13)
    for headers in (
        {},
        site.bearer("tl_0_guess"),
        site.bearer(over),
        site.cookie("tl_0_guess"),
        page,
        {"Host": "evil.example"},
        {"Transfer-Encoding": "chunked", "Content-Length": "4"},
    ):
        site.ask("GET", "/v1/status", headers)
    site.ask("POST", "/v1/session", {}, {"code": "x"})
    assert {reason.value: count for reason, count in site.access.refusals.items()} == dict.fromkeys(
        [
            "no_credentials",
            "wrong_token",
            "token_over",
            "wrong_session",
            "session_over",
            "foreign_name",
            "two_lengths",
            "foreign_page",
        ],
        1,
    )


def test_pages_left_open_are_not_taken_for_guessing(site: Site) -> None:
    """Ten tabs after a night ask twenty times and more; each is to be told that it has to sign in again."""
    page = cookie_of(open_session(site))
    site.now += timedelta(hours=13)
    assert {site.ask("GET", "/v1/status", page).status_code for _ in range(MOST_WRONG + 5)} == {401}


def test_wrong_credentials_are_slowed_down_and_right_ones_are_not(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    wrong = site.bearer("tl_0_guess")
    answers = [site.ask("GET", "/v1/status", wrong) for _ in range(MOST_WRONG + 5)]
    assert [answer.status_code for answer in answers] == [401] * MOST_WRONG + [429] * 5
    assert answers[-1].headers["retry-after"] == "61"
    assert site.ask("GET", "/v1/status", site.bearer()).status_code == 200
    assert site.gate.wrong.total == MOST_WRONG + 5
    told = [record.getMessage() for record in caplog.records if "wrong credentials" in record.getMessage()]
    assert (len(told), "guess" in caplog.text) == (2, False)
    site.monotonic += PERIOD_S
    assert site.ask("GET", "/v1/status", wrong).status_code == 401


def test_until_tokens_are_read_everybody_is_told_to_come_back(site: Site) -> None:
    site.gate = Gate(the_app(), Access(site.store), frozenset(), lambda: 0.0)
    answer = site.ask("GET", "/v1/status", site.bearer())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    bearer: dict[str, str] = site.bearer()
    for path, headers in (("/healthz", {}), ("/v1/status", {}), ("/v1/status", bearer), ("/x", {})):
        answer = site.ask("GET", path, headers)
        assert answer.headers["Cache-Control"] in ("no-store", "private, no-cache")
        fixed = [name for name in HEADERS if name != "Cache-Control"]
        assert [answer.headers[name] for name in fixed] == [HEADERS[name] for name in fixed]
        assert "server" not in answer.headers


def test_an_answer_that_goes_on_ends_with_its_token(site: Site) -> None:
    """An event stream lives for days; a revoked token may not."""
    aborted: list[bool] = []

    async def endless(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        assert not aborted
        (token,) = site.access.tokens.valid(Kind.TOKEN)
        await site.access.tokens.revoke(token)
        await send({"type": "http.response.body", "body": b"2", "more_body": True})

    async def nothing(message: Message | None = None) -> Message:
        return {"type": "http.disconnect"}

    async def drop(message: Message) -> None:
        pass

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/events",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {site.token}".encode())],
        "client": ("127.0.0.1", 1),
        "state": {"abort": lambda: aborted.append(True)},
    }
    asyncio.run(Gate(endless, site.access, frozenset(), lambda: 0.0)(scope, nothing, drop))
    assert aborted == [True]


def test_who_comes_by_tcp_is_not_the_control_socket(site: Site) -> None:
    answer = site.ask("POST", "/v1/tokens", site.bearer(), {"name": "mine", "scope": "admin"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/v1/problems/forbidden")
    assert Caller(name="control socket", scope=Scope.ADMIN).author("ada") == "control socket"


def test_a_request_with_two_lengths_is_refused_and_its_connection_closed(site: Site) -> None:
    """RFC 9112 §6.1: one before us, as a proxy, may see another end of it, and then hands us somebody else's as the next request."""
    answer = site.ask("POST", "/v1/live", {**site.bearer(), "Transfer-Encoding": "chunked", "Content-Length": "4"})
    assert answer.status_code == 400
    assert answer.headers["Connection"] == "close"
    assert "Content-Length or Transfer-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 401), ("evil.example", 421)])
def test_refusals_before_any_route_carry_the_clients_request_id(host: str, status: int) -> None:
    answer = Site().ask("GET", "/v1/status", {"Host": host, "X-Request-Id": "mine-1"})
    assert (answer.status_code, answer.headers.get_list("x-request-id")) == (status, ["mine-1"])
