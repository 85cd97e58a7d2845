"""What a registration leaves behind: an address of record (tenant, number) tied to one contact, for a while.

RFC 3261 §10. Surprising: `expires_at` and its like are monotonic; only the stored form has wall time, for the monotonic clock
does not survive a restart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from engine.ports import BindingKey, StoredBinding
from engine.sip.flow import ANY_CONNECTION, NO_CONNECTION, Flow
from engine.views import RegistrationView


class Binding(NamedTuple):
    """One contact of an extension. A tuple, because each refresh of each phone makes one.

    `contact`: URI text as registered; `flow`: the way the REGISTER came, and requests to this phone go; `expires_at`,
    `registered_at` (first seen), `refreshed_at` (last REGISTER): monotonic seconds; `instance`: which phone, "" if it did not say
    (RFC 5626 §4.1; with its reg-id, so that the flows of one phone stay apart); `q`: 0-1, the higher is rung first.
    """

    tenant: str
    number: str
    contact: str
    flow: Flow
    call_id: str
    cseq: int
    expires_at: float
    registered_at: float
    refreshed_at: float
    user_agent: str
    instance: str
    q: float

    @property
    def key(self) -> BindingKey:
        return (self.tenant, self.number, self.contact)


def stored(binding: Binding, now: float, wall_now: float) -> StoredBinding:
    """The form that survives a restart. `now` monotonic, `wall_now` UNIX seconds: the same instant on two clocks."""
    shift = wall_now - now
    return StoredBinding(
        tenant=binding.tenant,
        number=binding.number,
        contact=binding.contact,
        call_id=_storable(binding.call_id),
        cseq=binding.cseq,
        listener=binding.flow.listener,
        transport=binding.flow.transport,
        host=binding.flow.host,
        port=binding.flow.port,
        user_agent=_storable(binding.user_agent),
        registered_at=binding.registered_at + shift,
        refreshed_at=binding.refreshed_at + shift,
        expires_at=binding.expires_at + shift,
        instance=_storable(binding.instance),
        q=binding.q,
    )


def live(kept: StoredBinding, now: float, wall_now: float, longest_s: float) -> Binding | None:
    """The binding again, or None if it has expired since.

    A wall clock that was set back meanwhile can't make it live longer than `longest_s`, nor look younger than now.
    """
    left = min(kept.expires_at - wall_now, longest_s)
    if left <= 0:
        return None
    return Binding(
        kept.tenant,
        kept.number,
        kept.contact,
        Flow(
            kept.listener,
            kept.transport,
            kept.host,
            kept.port,
            ANY_CONNECTION if kept.transport == "udp" else NO_CONNECTION,
        ),
        kept.call_id,
        kept.cseq,
        now + left,
        now - max(0.0, wall_now - kept.registered_at),
        now - max(0.0, wall_now - kept.refreshed_at),
        kept.user_agent,
        kept.instance,
        kept.q,
    )


def view(binding: Binding, now: float, wall_now: float) -> RegistrationView:
    shift = wall_now - now
    flow = binding.flow
    host = f"[{flow.host}]" if ":" in flow.host else flow.host
    return RegistrationView(
        tenant=binding.tenant,
        number=binding.number,
        contact=binding.contact,
        source=f"{host}:{flow.port}",
        listener=flow.listener,
        user_agent=binding.user_agent,
        registered_at=datetime.fromtimestamp(binding.registered_at + shift, UTC),
        expires_at=datetime.fromtimestamp(binding.expires_at + shift, UTC),
    )


def _storable(text: str) -> str:
    # Bytes that were not UTF-8 are lone surrogates here, and a database takes neither these nor NUL. Losing them is harmless:
    # a Call-ID that differs after a restart is a new one.
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
