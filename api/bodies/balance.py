"""What extensions may still spend, and the ledger of it. Amounts are decimals as text, which no reader rounds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.bodies.body import Body
from api.bodies.word import Word
from engine.config.money import amount_text
from engine.ports import LedgerLine
from engine.views import BalanceView


class BalanceBody(Body):
    """`name`, `number`: of the extension; `held`: what calls that are under way have set aside; `available`: what a new call may spend;
    `written`: what the manifest sets it to."""

    tenant: str
    name: str
    number: str
    currency: str
    balance: str
    held: str
    available: str
    written: str

    @classmethod
    def of(cls, view: BalanceView) -> BalanceBody:
        return cls(
            tenant=view.tenant,
            name=view.name,
            number=view.number,
            currency=view.currency,
            balance=amount_text(view.balance),
            held=amount_text(view.held),
            available=amount_text(view.balance - view.held),
            written=amount_text(view.written),
        )


class LedgerBody(Body):
    """`kind`: call, manifest, add or set; `amount`: what it added, negative: took; `who`: the id of the call, or who asked for it."""

    seq: int
    at: datetime
    kind: str
    amount: str
    who: str
    note: str

    @classmethod
    def of(cls, line: LedgerLine) -> LedgerBody:
        return cls(
            seq=line.seq,
            at=line.at,
            kind=line.kind,
            amount=amount_text(line.amount),
            who=line.who,
            note=line.note,
        )


class ChangeBalanceBody(Body):
    """`how`: add the amount (negative: take it away), or set the balance to it; `note`: why, for the ledger."""

    how: Literal["add", "set"]
    amount: Annotated[str, Field(max_length=20, pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$", examples=["12.50"])]
    note: Word = ""
    author: Word = ""
