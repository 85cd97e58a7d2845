"""Calls over trunks, both ways: what an INVITE to a trunk says, which server gets it, and what it uses of the trunk.

RFC 3263 §4.3 (the next server), RFC 3261 §12.2 by the trunk's `Line`. Whether a trunk may be used was decided by routing; here it may only
turn out that it no longer can.
"""

from __future__ import annotations

from dialing.number import ShortCode
from engine.call.callee_leg import Invitation
from engine.call.diversion import Diversion
from engine.call.stack import Stack
from engine.cause import TRUNK_FULL, TRUNK_UNREACHABLE, Cause
from engine.config.snapshot import TenantSnapshot
from engine.config.trunk import TrunkConfig
from engine.routing.decision import TrunkTarget
from engine.routing.query import RouteQuery
from engine.routing.sent_number import formatted
from engine.sip.errors import LocalProtocolError
from engine.trunk.attempt import Attempt, first_attempt, next_attempt
from engine.trunk.outgoing import Diverted, OutsideCall, outgoing_headers, trunk_user
from engine.trunk.trunks import Trunks


def key_of(target: TrunkTarget) -> str:
    """What the running trunk is called that a target names."""
    return f"{target.trunk.tenant}/{target.trunk.name}"


class Outside:
    """`trunks`: those that run."""

    __slots__ = ("_stack", "trunks")

    def __init__(self, stack: Stack, trunks: Trunks) -> None:
        self._stack = stack
        self.trunks = trunks

    def invitation(
        self,
        tenant: TenantSnapshot,
        query: RouteQuery,
        target: TrunkTarget,
        diversions: tuple[Diversion, ...],
        hops: int,
        now: float,
    ) -> Invitation | Cause:
        """For the first server of the trunk; or why there is none."""
        trunk = self.trunks.get(key_of(target))
        if trunk is None or not trunk.is_enabled:
            return TRUNK_UNREACHABLE
        most = trunk.config.max_channels
        is_emergency = isinstance(target.callee.canonical, ShortCode) and target.callee.canonical.is_emergency
        if most and not is_emergency and self.trunks.usage.channels(trunk.key) >= most:
            return TRUNK_FULL
        attempt = first_attempt(trunk, now)
        return TRUNK_UNREACHABLE if attempt is None else self._invite(attempt, tenant, query, target, diversions, hops)

    def next_invitation(
        self,
        failed: Attempt,
        tenant: TenantSnapshot,
        query: RouteQuery,
        target: TrunkTarget,
        diversions: tuple[Diversion, ...],
        hops: int,
    ) -> Invitation | None:
        """For the next server of the same trunk; None if there is none."""
        attempt = next_attempt(failed)
        if attempt is None:
            return None
        invitation = self._invite(attempt, tenant, query, target, diversions, hops)
        return invitation if isinstance(invitation, Invitation) else None

    def _invite(
        self,
        attempt: Attempt,
        tenant: TenantSnapshot,
        query: RouteQuery,
        target: TrunkTarget,
        diversions: tuple[Diversion, ...],
        hops: int,
    ) -> Invitation | Cause:
        trunk = attempt.trunk
        config = trunk.config
        host, port = trunk.contact_place(attempt.endpoint.host)
        call = OutsideCall(
            number=target.number,
            dialled=query.callee.dialled,
            caller=query.caller,
            caller_display=query.caller_display,
            caller_id=target.caller_id,
            is_anonymous=target.is_anonymous,
            tenant_domain=tenant.config.domain,
            contact_user=trunk.contact_user or trunk_user(config) or "trunkline",
            contact_host=host,
            contact_port=port,
            diverted=_diverted(diversions, tenant, config),
            asserted=target.caller_id or _sent(config.number, tenant, config),
        )
        try:
            headers = outgoing_headers(config, call, self._note)
        except LocalProtocolError as error:
            self._stack.counters[f"call to trunk {config.key} can't be written: {error}"] += 1
            return TRUNK_UNREACHABLE
        return Invitation(
            contact=headers.request_uri,
            flow=attempt.flow,
            from_value=headers.from_value,
            to_value=headers.to_value,
            contact_user="",
            max_forwards=hops,
            contact_value=headers.contact,
            more=headers.more,
            attempt=attempt,
        )

    def _note(self, what: str) -> None:
        self._stack.counters[what] += 1


def _diverted(diversions: tuple[Diversion, ...], tenant: TenantSnapshot, trunk: TrunkConfig) -> Diverted | None:
    """The last hop, by a number that the carrier knows, if there is one."""
    if not diversions:
        return None
    last = diversions[0]
    extension = tenant.extensions.get(last.number)
    number = extension.outbound_caller_id if extension is not None else ""
    return Diverted(
        number=_sent(number or trunk.number, tenant, trunk) or last.number, reason=last.reason, times=len(diversions)
    )


def _sent(number: str, tenant: TenantSnapshot, trunk: TrunkConfig) -> str:
    """A full number as the trunk wants it; "" for none."""
    dialling = trunk.dialling if trunk.is_dialling_own else tenant.config.dialling
    return formatted(number, trunk.number_format, dialling) if number else ""
