"""Tokens: what lets somebody in and what does not, without asking the store; what is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from api.caller import Caller, Scope
from api.links import LIFE_S, Links
from api.tokens import KEPT, Kind, TokenRefused, Tokens, TokensUnknown, caller_of
from engine.ports import StoredToken
from tests.support.access_store import MemoryAccess

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Site:
    def __init__(self) -> None:
        self.now = NOW
        self.store = MemoryAccess()
        self.tokens = self.start()

    def start(self) -> Tokens:
        self.tokens = Tokens(self.store, lambda: self.now)
        asyncio.run(self.tokens.load())
        return self.tokens

    def make(self, name: str = "grafana", life: timedelta = DAY, kind: Kind = Kind.TOKEN) -> str:
        return asyncio.run(self.tokens.make(kind, name, Scope.READ, "acme", life))[1]

    def lets_in(self, text: str, kind: Kind = Kind.TOKEN) -> bool:
        return self.tokens.token_of(text, kind) is not None


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_token_says_who_asks(site: Site) -> None:
    found = site.tokens.token_of(site.make(), Kind.TOKEN)
    assert found is not None
    assert caller_of(found) == Caller(name="grafana", scope=Scope.READ, tenant="acme")


def test_only_a_hash_of_the_secret_is_kept(site: Site) -> None:
    text = site.make()
    mark, id_, secret = text.split("_")
    assert (mark, len(secret)) == ("tl", 64)
    assert secret not in repr(site.store.kept)
    assert site.store.kept[id_].secret_sha256 == sha256(secret.encode()).hexdigest()


SPOILT: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "another secret": lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
    "cut": lambda text: text[:-1],
    "longer": lambda text: text + "0",
    "another id": lambda text: text.replace(text.split("_")[1], "0" * 16),
    "without a mark": lambda text: text.removeprefix("tl_"),
    "another mark": lambda text: "ts" + text[2:],
    "no secret": lambda text: "_".join(text.split("_")[:2]) + "_",
    "the hash": lambda text: "_".join(text.split("_")[:2]) + "_" + sha256(text.split("_")[2].encode()).hexdigest(),
    "upper case": str.upper,
    "not UTF-8": lambda text: text + "\udcff",
    "long": lambda text: text * 10_000,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_what_is_no_token_lets_nobody_in(site: Site, spoil: Callable[[str], str]) -> None:
    text = site.make()
    assert site.lets_in(text)
    assert not site.lets_in(spoil(text))


def test_a_session_is_no_token_and_a_token_no_session(site: Site) -> None:
    token, session = site.make(), site.make("page", kind=Kind.SESSION)
    assert not site.lets_in(token, Kind.SESSION)
    assert not site.lets_in(session, Kind.TOKEN)
    assert site.lets_in(session, Kind.SESSION)


def test_it_ends_when_its_time_is_over(site: Site) -> None:
    text = site.make(life=DAY)
    site.now += DAY - timedelta(microseconds=1)
    assert site.lets_in(text)
    site.now += timedelta(microseconds=1)
    assert not site.lets_in(text)


def test_it_ends_when_it_is_revoked_and_stays_so_over_a_restart(site: Site) -> None:
    text, other = site.make(), site.make("other")
    (token, _) = site.tokens.all(Kind.TOKEN)
    asyncio.run(site.tokens.revoke(token))
    assert not site.lets_in(text)
    site.start()
    assert (site.lets_in(text), site.lets_in(other)) == (False, True)
    assert not site.tokens.is_good(token.id)


def test_a_request_asks_no_store_and_its_use_is_noted_later(site: Site) -> None:
    text = site.make()
    asked = site.store.asked
    for _ in range(100):
        assert site.lets_in(text)
    assert site.store.asked == asked
    assert [one.last_used_at for one in site.tokens.all(Kind.TOKEN)] == [NOW]
    asyncio.run(site.tokens.note_use())
    assert [one.last_used_at for one in site.store.kept.values()] == [NOW]


def test_use_is_noted_at_the_next_time_where_the_store_fails(site: Site) -> None:
    site.lets_in(site.make())
    site.store.problem = "the disk is full"
    asyncio.run(site.tokens.note_use())
    site.store.problem = None
    asyncio.run(site.tokens.note_use())
    assert [one.last_used_at for one in site.store.kept.values()] == [NOW]


def test_nobody_is_told_apart_before_they_are_read() -> None:
    tokens = Tokens(MemoryAccess(), lambda: NOW)
    with pytest.raises(TokensUnknown):
        tokens.token_of("tl_0_0", Kind.TOKEN)


def test_a_token_that_can_not_be_stored_is_none(site: Site) -> None:
    site.store.problem = "the disk is full"
    with pytest.raises(Exception, match="disk is full"):
        site.make()
    assert site.tokens.all(Kind.TOKEN) == []


@pytest.mark.parametrize("life", [timedelta(0), -DAY, timedelta(days=4000)])
def test_it_lives_for_some_time(site: Site, life: timedelta) -> None:
    with pytest.raises(TokenRefused, match="3660 days"):
        site.make(life=life)


def test_names_tell_tokens_apart(site: Site) -> None:
    site.make()
    with pytest.raises(TokenRefused, match='named "grafana" exists'):
        site.make()
    site.now += DAY
    site.make()  # the other has ended


def test_those_that_ended_long_ago_are_forgotten(site: Site) -> None:
    site.make(life=DAY)
    site.now += DAY + KEPT
    site.start()
    assert len(site.tokens.all(Kind.TOKEN)) == 1
    site.now += timedelta(seconds=1)
    site.start()
    assert (list(site.tokens.all(Kind.TOKEN)), site.store.kept) == ([], {})


def test_they_are_read_as_soon_as_the_store_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.tokens.LOAD_AGAIN_S", 0.001)
    store = MemoryAccess()
    store.problem = "not open yet"
    tokens = Tokens(store, lambda: NOW)

    def is_loaded() -> bool:
        return tokens.is_loaded

    async def story() -> None:
        running = asyncio.create_task(tokens.run())
        while store.asked < 2:
            await asyncio.sleep(0)
        assert not is_loaded()
        store.problem = None
        async with asyncio.timeout(5):
            while not is_loaded():
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_a_link_opens_once_and_within_a_minute() -> None:
    now = [0.0]
    links = Links(lambda: now[0])
    first, second = links.make("page", Scope.OPERATE, None), links.make("page", Scope.READ, "acme")
    found = links.take(first)
    assert found is not None
    assert (found.scope, found.tenant) == (Scope.OPERATE, None)
    assert links.take(first) is None
    assert links.take(second + "x") is None
    now[0] = LIFE_S
    assert links.take(second) is None


def test_links_that_nobody_opens_fill_no_memory() -> None:
    links = Links(lambda: 0.0)
    codes = [links.make("page", Scope.READ, None) for _ in range(150)]
    assert links.take(codes[0]) is None
    assert links.take(codes[-1]) is not None


def test_two_that_are_made_at_once_do_not_get_one_name(site: Site) -> None:
    """Or revoking that name would leave one of them good."""

    async def both() -> list[object]:
        asked = [site.tokens.make(Kind.TOKEN, "twin", Scope.READ, None, DAY) for _ in range(2)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    put = site.store.put_token

    async def slowly(token: StoredToken) -> None:
        await asyncio.sleep(0)
        await put(token)

    site.store.put_token = slowly  # type: ignore[method-assign]  # as a database has it: others get a turn
    made = asyncio.run(both())
    assert sum(isinstance(one, TokenRefused) for one in made) == 1
    assert len(site.tokens.valid(Kind.TOKEN)) == 1


@pytest.mark.parametrize("name", ["control socket", "Control socket: root", "page of ada"])
def test_no_token_is_called_what_the_audit_trail_calls_others(site: Site, name: str) -> None:
    with pytest.raises(TokenRefused, match="audit trail"):
        site.make(name)


def test_no_token_is_called_as_the_id_of_another(site: Site) -> None:
    """`trunkline token revoke` takes either."""
    id_ = site.make().split("_")[1]
    with pytest.raises(TokenRefused, match="exists"):
        site.make(id_)
