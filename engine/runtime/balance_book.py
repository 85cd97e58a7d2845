"""The book of balances: what manifests and people write into it, and what it says. `BalanceControl` of `engine.ports`.

What a manifest sets a balance to for the first time counts at once: there is nothing that it could take away. What changes a balance that
is there counts when it is stored, so that no crash makes it come true twice, or half. Each is a line of the ledger with the difference
that it makes: calls that end meanwhile are lines of their own, and the sum is right in whatever order they come.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from engine.call.balances import Balances
from engine.config.extension import ExtensionConfig
from engine.config.money import MOST, amount_text
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.steps import STEP, Steps
from engine.errors import BalanceRefused, EngineError, JournalError, NotFound
from engine.ports import BalanceOrder, BalanceStore, LedgerFilter, LedgerLine
from engine.runtime.balances import WarmBalances
from engine.views import BalanceView

_log: Final = logging.getLogger("trunkline.storage")
_RETRY_S: Final = 5.0
MANIFEST: Final = "manifest"

Key = tuple[str, str]


class BalanceBook:
    """`restore` at start, `heeding` with each configuration before it is in force, `run` once there is a store."""

    def __init__(
        self,
        balances: Balances,
        tenants: Callable[[], Mapping[str, TenantSnapshot]],
        utc: Callable[[], datetime],
        uuid7: Callable[[int], UUID],
    ) -> None:
        self._balances = balances
        self._tenants = tenants
        self._utc = utc
        self._uuid7 = uuid7
        self._store: BalanceStore | None = None
        self._first: dict[Key, LedgerLine] = {}
        self._changed: dict[Key, int] = {}
        self._made: dict[Key, tuple[int, LedgerLine]] = {}
        self._writing = asyncio.Lock()
        self._wake = asyncio.Event()
        self.problem: str | None = None

    # What is kept, and what manifests say.

    def restore(self, warm: WarmBalances) -> None:
        if warm.problem is not None:
            _log.error(warm.problem)
            self._balances.is_known = False
        self._balances.restore(warm.rows)

    def heeding(self, before: Snapshot, after: Snapshot) -> Steps[None]:
        """Take over what manifests set balances to, of tenants that change."""
        if not self._balances.is_known:
            return
        for name, tenant in after.tenants.items():
            if before.tenants.get(name) is tenant:
                continue
            for count, extension in enumerate(tenant.extensions.values(), start=1):
                if extension.balance is not None:
                    self._heed(extension, extension.balance)
                if count % STEP == 0:
                    yield

    def _heed(self, extension: ExtensionConfig, written: int) -> None:
        key = (extension.tenant, extension.name)
        account = self._balances.find(*key)
        if account is None or account.written is None:
            account = self._balances.account(*key)
            account.balance += written
            account.written = written
            self._first[key] = self._line(key, MANIFEST, written, MANIFEST)
            self._wake.set()
        elif account.written != written:
            self._changed[key] = written
            self._wake.set()
        else:
            self._changed.pop(key, None)

    async def run(self, store: BalanceStore) -> None:
        """Write what manifests say, until cancelled."""
        self._store = store
        while True:
            await self._wake.wait()
            if not await self.write():
                await asyncio.sleep(_RETRY_S)

    async def write(self) -> bool:
        """What manifests have set and is not stored yet; False if it can't be now."""
        store = self._store
        if store is None:
            return False
        async with self._writing:
            self._wake.clear()
            first, changed = dict(self._first), dict(self._changed)
            # A line that could not be stored, as it seemed, is tried again as it was: it may be there all the same.
            self._made = {key: self._change(key, written) for key, written in changed.items()}
            made = {key: line for key, (_, line) in self._made.items()}
            if not first and not made:
                return True
            written = {key: line.amount for key, line in first.items()} | changed
            try:
                await store.write([*first.values(), *made.values()], written)
            except EngineError as error:
                self._wake.set()
                if self.problem is None:
                    _log.error("what manifests set balances to can't be stored: %s; it is tried again", error)
                self.problem = str(error)
                return False
            self.problem = None
            self._made.clear()
            for key, line in first.items():
                if self._first.get(key) is line:
                    del self._first[key]
            for key, line in made.items():
                account = self._balances.account(*key)
                account.balance += line.amount
                account.written = changed[key]
                if self._changed.get(key) == changed[key]:
                    del self._changed[key]
            return True

    def _change(self, key: Key, written: int) -> tuple[int, LedgerLine]:
        known = self._made.get(key)
        if known is not None and known[0] == written:
            return known
        return written, self._line(key, MANIFEST, written - self._balances.account(*key).balance, MANIFEST)

    # BalanceControl.

    def balances(self, tenant: str | None) -> Sequence[BalanceView]:
        names = sorted(self._tenants()) if tenant is None else [tenant]
        found = [self._tenants()[name] for name in names if name in self._tenants()]
        return [view for owner in found for view in self._views(owner)]

    def balance(self, tenant: str, extension: str) -> BalanceView:
        owner, found = self._extension(tenant, extension)
        return self._view(owner, found)

    async def change_balance(self, tenant: str, extension: str, order: BalanceOrder) -> BalanceView:
        owner, found = self._extension(tenant, extension)
        store, key = self._store, (tenant, found.name)
        if store is None:
            raise JournalError("balances can't be changed now: the database is not open; try again in a moment")
        if not self._balances.is_known:
            raise JournalError("balances can't be changed now: the database could not be read; the log says why")
        if not await self.write():
            # What the manifest says comes first: its difference was reckoned from the balance of before, and would be added to this one.
            raise JournalError(
                f"balances can't be changed now: what manifests set them to can't be stored: {self.problem}; try again in a moment"
            )
        async with self._writing:
            account = self._balances.account(*key)
            amount = order.amount - account.balance if order.is_set else order.amount
            if abs(account.balance + amount) > MOST:
                raise BalanceRefused(f"a balance of {amount_text(account.balance + amount)} is more than can be")
            line = self._line(key, "set" if order.is_set else "add", amount, order.who, order.note)
            await store.write([line], {})
            account.balance += amount
        return self._view(owner, found)

    async def ledger(self, tenant: str, extension: str, before: int | None, limit: int) -> Sequence[LedgerLine]:
        _, found = self._extension(tenant, extension)
        if self._store is None:
            raise JournalError("ledgers can't be read now: the database is not open; try again in a moment")
        return await self._store.ledger(LedgerFilter(tenant, found.name, before, limit))

    def _views(self, owner: TenantSnapshot) -> Iterable[BalanceView]:
        people = [extension for extension in owner.extensions.values() if extension.balance is not None]
        return [self._view(owner, extension) for extension in sorted(people, key=lambda one: one.name)]

    def _view(self, owner: TenantSnapshot, extension: ExtensionConfig) -> BalanceView:
        written = extension.balance or 0
        account = self._balances.find(extension.tenant, extension.name)
        held = 0 if account is None else account.held
        return BalanceView(
            tenant=extension.tenant,
            name=extension.name,
            number=extension.number,
            currency=owner.config.tolls.currency,
            balance=self._balances.available(extension.tenant, extension.name, written) + held,
            held=held,
            written=written,
        )

    def _extension(self, tenant: str, extension: str) -> tuple[TenantSnapshot, ExtensionConfig]:
        owner = self._tenants().get(tenant)
        if owner is None:
            raise NotFound(f'there is no tenant "{tenant}"')
        found = owner.extensions.get(extension)
        if found is None:
            found = next((one for one in owner.extensions.values() if one.name == extension), None)
        if found is None:
            raise NotFound(f'tenant "{tenant}" has no extension "{extension}"')
        if found.balance is None:
            raise BalanceRefused(
                f"extension {tenant}/{extension} may spend as much as it wants: its manifest has no balance; write balance: 0 there"
            )
        return owner, found

    def _line(self, key: Key, kind: str, amount: int, who: str, note: str = "") -> LedgerLine:
        at = self._utc()
        made = self._uuid7(int(at.timestamp() * 1000))
        tenant, name = key
        return LedgerLine(
            id=f"{kind}-{made}", at=at, tenant=tenant, name=name, kind=kind, amount=amount, who=who, note=note
        )
