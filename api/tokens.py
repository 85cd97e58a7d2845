"""Tokens and sessions: made, told apart, ended. What a request brings is looked up in memory; the store is only asked at the start.

A token reads `tl_<id>_<secret>`. The secret has 256 bits and is kept by its owner alone: here and in the store is what SHA-256 makes of
it, which needs no salt and no slowness, since it can't be guessed. A session is the same with another kind, and stands in a cookie.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from api.caller import Caller, Scope
from engine.errors import EngineError
from engine.ports import StoredToken, TokenStore

log = logging.getLogger("trunkline.api")

DEFAULT_LIFE: Final = timedelta(days=90)
LONGEST_LIFE: Final = timedelta(days=3660)
SESSION_LIFE: Final = timedelta(hours=12)
KEPT: Final = timedelta(days=30)
MOST: Final = 10_000
LOAD_AGAIN_S: Final = 2.0
NOTE_USE_S: Final = 60.0
RESERVED: Final = ("control socket", "page of")
"""How others than tokens begin in the audit trail."""
_NO_HASH: Final = "0" * 64


class Kind(StrEnum):
    """`token`: in the header Authorization; `session`: in the page's cookie. Neither is taken for the other."""

    TOKEN = "token"  # noqa: S105  # a kind's name
    SESSION = "session"


class TokensUnknown(Exception):
    """The store has not been read yet: nobody can be told apart."""

    def __str__(self) -> str:
        return "tokens can't be read yet; the database is not open"


class TokenRefused(Exception):
    """A token that can't be made; the message says why."""


class Tokens:
    """`run` reads them and notes their use; `wall`: aware UTC. After `run` has ended nothing is noted any more."""

    def __init__(self, store: TokenStore, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._wall = wall
        self._known: dict[str, StoredToken] | None = None
        self._used: dict[str, datetime] = {}
        self._making = asyncio.Lock()

    @property
    def is_loaded(self) -> bool:
        return self._known is not None

    async def load(self) -> None:
        """Read them; forget those that ended long ago. EngineError."""
        now = self._wall()
        found = await self._store.tokens()
        old = [one.id for one in found if min(one.expires_at, one.revoked_at or one.expires_at) + KEPT < now]
        if old:
            await self._store.remove_tokens(old)
        gone = set(old)
        self._known = {one.id: one for one in found if one.id not in gone}

    async def run(self) -> None:
        """Until cancelled."""
        while self._known is None:
            try:
                await self.load()
            except EngineError:
                await asyncio.sleep(LOAD_AGAIN_S)  # why it can't be opened, the storage says
        while True:
            await asyncio.sleep(NOTE_USE_S)
            await self.note_use()

    async def note_use(self) -> None:
        """Store when each was used last, if it was."""
        used, self._used = self._used, {}
        try:
            await self._store.tokens_used(used)
        except EngineError as error:
            log.warning("when tokens were used can't be stored: %s", error)
            self._used = used | self._used

    async def make(
        self,
        kind: Kind,
        name: str,
        scope: Scope,
        tenant: str | None,
        life: timedelta,
        *,
        opened_by: str | None = None,
    ) -> tuple[StoredToken, str]:
        """A new one, and its text, which is nowhere else. `opened_by`: the id of the token that a session comes from, and ends with.
        TokenRefused, EngineError."""
        known, now = self._loaded(), self._wall()
        if opened_by is not None:
            life = min(life, self._rest_of(opened_by))
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise TokenRefused(f"a token lives longer than nothing and at most {LONGEST_LIFE.days} days")
        if kind is Kind.TOKEN and name.lower().startswith(RESERVED):
            raise TokenRefused(f'"{name}" reads in the audit trail as if it were no token; choose another name')
        # Two at once must not get one name: whoever revokes it ends one of them.
        async with self._making:
            if kind is Kind.TOKEN and any(name in (one.name, one.id) for one in self.valid(Kind.TOKEN)):
                raise TokenRefused(f'a token named "{name}" exists; revoke it first, or choose another name')
            if len(known) >= MOST:
                await self.load()
                known = self._loaded()
                if len(known) >= MOST:
                    raise TokenRefused(f"there are {MOST:,} tokens and sessions; revoke some")
            made = await self._made(kind, name, scope, tenant, now, life, opened_by)
        if opened_by is not None and not self.is_good(opened_by):  # revoked while the store was busy
            await self.revoke(made[0])
            raise TokenRefused("the token that asked for it was revoked")
        return made

    def _rest_of(self, id_: str) -> timedelta:
        token = self._loaded().get(id_)
        if token is None or not self._is_valid(token):
            raise TokenRefused("the token that asked for it is good no more")
        return token.expires_at - self._wall()

    async def _made(
        self,
        kind: Kind,
        name: str,
        scope: Scope,
        tenant: str | None,
        now: datetime,
        life: timedelta,
        opened_by: str | None,
    ) -> tuple[StoredToken, str]:
        secret = secrets.token_hex(32)
        token = StoredToken(
            id=secrets.token_hex(8),
            kind=kind.value,
            secret_sha256=_hash(secret),
            name=name,
            scope=scope.value,
            tenant=tenant,
            created_at=now,
            expires_at=now + life,
            opened_by=opened_by,
        )
        await self._store.put_token(token)
        self._loaded()[token.id] = token
        return token, f"tl_{token.id}_{secret}"

    async def revoke(self, token: StoredToken) -> Sequence[StoredToken]:
        """It is good no more, at once, nor is any session that it opened, or that one of those did: these are returned. EngineError: so
        until the next start only, and that has to be said."""
        known, now = self._loaded(), self._wall()
        gone, size = {token.id}, 0
        while size < len(gone):
            size = len(gone)
            gone.update(one.id for one in known.values() if one.opened_by in gone)
        opened = [one for one in known.values() if one.id in gone - {token.id} and self._is_valid(one)]
        ended = [replace(one, revoked_at=now) for one in (token, *opened)]
        known |= {one.id: one for one in ended}
        for one in ended:
            await self._store.put_token(one)
        return ended[1:]

    def all(self, kind: Kind) -> Sequence[StoredToken]:
        """Those of that kind, the expired and revoked of the last days included, by name. TokensUnknown."""
        found = [self._with_use(one) for one in self._loaded().values() if one.kind == kind.value]
        return sorted(found, key=lambda one: (one.name, one.created_at))

    def valid(self, kind: Kind) -> Sequence[StoredToken]:
        return [one for one in self.all(kind) if self._is_valid(one)]

    def token_of(self, text: str, kind: Kind) -> StoredToken | None:
        """The one that this text is; None if it is none that is good now. TokensUnknown."""
        known = self._loaded()
        mark, _, rest = text.partition("_")
        id_, _, secret = rest.partition("_")
        token = known.get(id_)
        is_right = hmac.compare_digest(_hash(secret), _NO_HASH if token is None else token.secret_sha256)
        if mark != "tl" or token is None or not is_right or token.kind != kind.value or not self._is_valid(token):
            return None
        self._used[token.id] = self._wall()
        return token

    def is_over(self, text: str, kind: Kind) -> bool:
        """Whether this text was good once. TokensUnknown."""
        token = self._loaded().get(text.partition("_")[2].partition("_")[0])
        if token is None or token.kind != kind.value or self._is_valid(token):
            return False
        secret = text.removeprefix(f"tl_{token.id}_")
        return hmac.compare_digest(_hash(secret), token.secret_sha256)

    def is_good(self, id_: str) -> bool:
        """Whether the one of that id still lets anybody in."""
        token = self._loaded().get(id_)
        return token is not None and self._is_valid(token)

    def _is_valid(self, token: StoredToken) -> bool:
        return token.revoked_at is None and self._wall() < token.expires_at

    def _with_use(self, token: StoredToken) -> StoredToken:
        used = self._used.get(token.id)
        if used is not None and (token.last_used_at is None or used > token.last_used_at):
            token = replace(token, last_used_at=used)
            self._loaded()[token.id] = token
        return token

    def _loaded(self) -> dict[str, StoredToken]:
        if self._known is None:
            raise TokensUnknown
        return self._known


def caller_of(token: StoredToken) -> Caller:
    return Caller(name=token.name, scope=Scope(token.scope), tenant=token.tenant)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
