"""What extensions may still spend on calls that are billed, live: their balances, and what calls that are under way have set aside.

All amounts are whole millionths. A balance is the sum of all that was ever written to it, so whoever keeps it may add what happened in any
order. Two calls at once can't spend the same money: what a call may cost in its next minute is set aside before it is spent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class BalanceRow(NamedTuple):
    """`name`: of the extension; `written`: the amount in its manifest that was taken over last, None = none was yet."""

    tenant: str
    name: str
    balance: int
    written: int | None


class Account:
    """`held`: what live calls have set aside of `balance`; `written`: as in `BalanceRow`: while it is None, `balance` is without it."""

    __slots__ = ("balance", "held", "written")

    def __init__(self, balance: int = 0, written: int | None = None) -> None:
        self.balance = balance
        self.written = written
        self.held = 0


class Balances:
    """By tenant and name of the extension. `is_known`: False while nobody can say what is left: then nobody has anything."""

    __slots__ = ("_accounts", "is_known")

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], Account] = {}
        self.is_known = True

    def available(self, tenant: str, name: str, written: int) -> int:
        """What a call may spend. `written`: what its manifest says, for one that has spent nothing yet."""
        if not self.is_known:
            return 0
        account = self._accounts.get((tenant, name))
        if account is None:
            return written
        return account.balance - account.held + (written if account.written is None else 0)

    def hold(self, tenant: str, name: str, written: int, amount: int) -> bool:
        """Set so much aside; False if there is less."""
        if self.available(tenant, name, written) < amount:
            return False
        self.account(tenant, name).held += amount
        return True

    def settle(self, tenant: str, name: str, held: int, cost: int) -> None:
        """A call is over: what it had set aside is free again, and what it cost is gone."""
        account = self._accounts.get((tenant, name))
        if account is not None:
            account.held -= held
            account.balance -= cost

    def account(self, tenant: str, name: str) -> Account:
        """As it stands; a new one is empty."""
        key = (tenant, name)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account()
        return account

    def find(self, tenant: str, name: str) -> Account | None:
        """None: nothing was written to it yet."""
        return self._accounts.get((tenant, name))

    def restore(self, rows: Iterable[BalanceRow]) -> None:
        """What was kept before a restart, before the first call."""
        for row in rows:
            self._accounts[row.tenant, row.name] = Account(row.balance, row.written)
