"""One running office: a server on a site of its own, and phones that are registered at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.phone import Account, Phone, Stack
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import ServerError, Site, Trunkline

NewPhone = Callable[[Stack, str], Phone]

ADA, GRACE, RADIA = "101", "102", "103"


@dataclass(slots=True)
class Office:
    site: Site
    server: Trunkline
    new_phone: NewPhone
    folder: Path

    def phone(self, stack: Stack, number: str, *, name: str | None = None, transport: str = "udp") -> Phone:
        """A phone that is registered as that extension."""
        phone = self.new_phone(stack, name or f"phone-{number}")
        phone.register(self.site.account(number, transport=transport))
        return phone

    def connect(self, caller: Phone, callee: Phone, number: str) -> int:
        """Call `number`, at which `callee` rings and answers; the caller's number of the call."""
        call = caller.call(self.site.uri(number))
        callee.wait_for_incoming()
        caller.wait_for_call("ringing", call=call)
        callee.answer()
        caller.wait_for_call("confirmed", call=call)
        callee.wait_for_call("confirmed")
        return call

    def wait_until_registrable(self, number: str, account: Account | None = None, timeout: float = 10.0) -> None:
        """Until the server has followed the manifest that gives this extension, or this password."""
        account = account or self.site.account(number)
        deadline = time.monotonic() + timeout
        with BarePhone(account) as phone:
            while (answer := phone.register()).status != 200:
                if time.monotonic() > deadline:
                    raise ServerError(
                        f"{number} can't register after {timeout} s: {answer.text}\n{self.server.log_tail()}"
                    )
                time.sleep(0.1)
            phone.register(0)

    def restart(self) -> None:
        """The server again, on the same data."""
        self.server = Trunkline(self.site)
