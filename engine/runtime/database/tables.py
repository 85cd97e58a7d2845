"""The tables. A change here needs a migration of its own in `migrations/versions`; a test compares the two.

Surprising: a record is kept whole, as the JSON of `engine.cdr_json`; the columns beside it only serve to find it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Dialect, Double, Index, Integer, Text, TypeDecorator
from sqlmodel import Field, SQLModel

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime as microseconds since 1970: exact and comparable in every database, which their own types are not."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


_PLACE: Final = ("started_at", "call_id")
_ASKED: Final = ("caller", "callee", "answered_by", "outcome", "direction", "trunk", "talk_s")
_ALONE: Final = ("cost",)
"""Asked by an index of its own, and by no walk: what few calls have costs a walk more than it saves."""


class CdrRow(SQLModel, table=True):
    """A closed call. `direction`, `trunk`: as the record has them, "" = no trunk; `cost`: millionths, 0 = it cost nothing.

    The two walks hold everything that filters ask; each other index knows one condition, and the order of the records with it.
    """

    __tablename__ = "cdr"
    __table_args__ = (
        Index("cdr_walk", *_PLACE, "tenant", *_ASKED),
        Index("cdr_tenant", "tenant", *_PLACE, *_ASKED),
        *[Index(f"cdr_{column}", column, *_PLACE, "tenant") for column in (*_ASKED, *_ALONE)],
    )

    call_id: str = Field(primary_key=True, sa_type=Text)
    tenant: str = Field(sa_type=Text)
    caller: str = Field(sa_type=Text)
    callee: str = Field(sa_type=Text)
    answered_by: str | None = Field(default=None, sa_type=Text)
    outcome: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    talk_s: float = Field(sa_type=Double)
    document: str = Field(sa_type=Text)
    direction: str = Field(default="internal", sa_type=Text, sa_column_kwargs={"server_default": "internal"})
    trunk: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    cost: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class UpkeepRow(SQLModel, table=True):
    """Work on old rows that goes on in the background: how far it has come. Done = no row."""

    __tablename__ = "upkeep"

    name: str = Field(primary_key=True, sa_type=Text)
    place: str = Field(sa_type=Text)


class RetentionRow(SQLModel, table=True):
    """For how many days a tenant keeps its records, 0 = for ever, and since when it says so; stays when the tenant goes."""

    __tablename__ = "cdr_retention"

    tenant: str = Field(primary_key=True, sa_type=Text)
    days: int
    since: datetime = Field(sa_type=Instant)


class BindingRow(SQLModel, table=True):
    """A registration; `_at` in UNIX seconds. Its columns are read by `engine.runtime.locations` without SQLAlchemy too."""

    __tablename__ = "binding"

    tenant: str = Field(primary_key=True, sa_type=Text)
    number: str = Field(primary_key=True, sa_type=Text)
    contact: str = Field(primary_key=True, sa_type=Text)
    call_id: str = Field(sa_type=Text)
    cseq: int = Field(sa_type=BigInteger)
    listener: str = Field(sa_type=Text)
    transport: str = Field(sa_type=Text)
    host: str = Field(sa_type=Text)
    port: int
    user_agent: str = Field(sa_type=Text)
    registered_at: float = Field(sa_type=Double)
    refreshed_at: float = Field(sa_type=Double)
    expires_at: float = Field(sa_type=Double)
    instance: str = Field(sa_type=Text)
    q: float = Field(sa_type=Double)


class PreferenceRow(SQLModel, table=True):
    """What the person of an Extension, by its name, has set: the JSON of `engine.preferences`. `engine.runtime.preference_keeper` reads it
    without SQLAlchemy too.
    """

    __tablename__ = "preference"

    tenant: str = Field(primary_key=True, sa_type=Text)
    extension: str = Field(primary_key=True, sa_type=Text)
    document: str = Field(sa_type=Text)


class OutboxRow(SQLModel, table=True):
    """What is to be posted to a tenant's webhook, until it is. `at`: when it happened; `body`: JSON, as it is posted.

    `aside_us`: 0 = in its turn, by `seq`; else when it was refused last (UNIX microseconds), and others go first.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_hook", "tenant", "hook", "aside_us", "seq"),
        Index("outbox_at", "at"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    id: str = Field(sa_type=Text, unique=True)
    tenant: str = Field(sa_type=Text)
    hook: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    aside_us: int = Field(default=0, sa_type=BigInteger)
    body: str = Field(sa_type=Text)


class BalanceRow(SQLModel, table=True):
    """What an extension may still spend: the sum of its ledger, in millionths. `written`: what its manifest said when that was taken over
    last, NULL = it has not been yet. Its columns are read by `engine.runtime.balances` without SQLAlchemy too."""

    __tablename__ = "balance"

    tenant: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    balance: int = Field(sa_type=BigInteger)
    written: int | None = Field(default=None, sa_type=BigInteger)


class LedgerRow(SQLModel, table=True):
    """What was added to a balance, or taken from it (negative), in millionths. `kind`: call, manifest, add or set; `who`: the id of the
    call, or who asked for it; `note`: what they said. Lines are added, never changed."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index("ledger_account", "tenant", "name", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    id: str = Field(sa_type=Text, unique=True)
    at: datetime = Field(sa_type=Instant)
    tenant: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    who: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)


class TokenRow(SQLModel, table=True):
    """A token of the API, or a session of the page: what its secret hashes to, never the secret."""

    __tablename__ = "token"

    id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    secret_sha256: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text)
    tenant: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    opened_by: str | None = Field(default=None, sa_type=Text)


class AuditRow(SQLModel, table=True):
    """A command that somebody gave. `tenant`: whom it concerned, None = the whole system."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_at", "at"),
        Index("audit_tenant", "tenant", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    at: datetime = Field(sa_type=Instant)
    who: str = Field(sa_type=Text)
    what: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    tenant: str | None = Field(default=None, sa_type=Text)
    result: str = Field(sa_type=Text)
