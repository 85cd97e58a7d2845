"""A call record as it is posted: the JSON that CDR receivers know, field by field.

Instants are UNIX seconds in UTC, cut to whole ones; 0 = did not happen. Prefix, rate and cost are text, empty for what is not billed;
the recording's name stays empty until calls are recorded.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from engine.cause import Cause, Outcome, Party
from engine.cdr import CallDetailRecord, TargetAccount
from engine.config.money import amount_text
from engine.sip.errors import RemoteProtocolError
from engine.sip.uri import parse_uri
from engine.webhooks.text import clean, compact, sip_address

COST_DURATION_UNIT_S: Final = 60
_ENDED_BY: Final = {Party.CALLER: "CALLER_DISCONNECT", Party.CALLEE: "CALLED_DISCONNECT", Party.US: "SERVER_DISCONNECT"}
_NO_WORD: Final = re.compile("[^A-Z0-9]+")


def call_body(record: CallDetailRecord, domain: str) -> str:
    """`domain`: the SIP domain of the record's tenant."""
    bill = record.bill
    return compact(
        {
            "call_answered_time": _seconds(record.answered_at),
            "call_cost": "" if bill is None else amount_text(record.cost),
            "call_direction": record.direction.value,
            "call_ended_reason": _ended_reason(record.cause),
            "call_ended_time": _seconds(record.ended_at),
            "call_fail_code": _fail_code(record.cause),
            "call_final_destination": _final_destination(record, domain),
            "call_id": record.call_id,
            "call_prefix": "" if bill is None else f"+{bill.prefix}",
            "call_rate": "" if bill is None else amount_text(bill.rate),
            "call_start_time": _seconds(record.started_at),
            "call_status": record.cause.outcome.value,
            "call_talk_time": int(record.talk_s),
            "call_targets": [_target(target, domain) for target in record.targets],
            "call_trunk_name": record.trunk,
            "callee": sip_address(record.callee, domain),
            "caller": sip_address(record.caller, domain),
            "caller_display_name": clean(record.caller_display),
            "cost_duration_unit": COST_DURATION_UNIT_S if bill is None else bill.unit_s,
            "recording_file_name": "",
            "tenant_id": record.tenant,
        }
    )


def _target(target: TargetAccount, domain: str) -> dict[str, object]:
    rang_until = target.answered_at or target.ended_at
    return {
        "target_add_time": _seconds(target.added_at),
        "target_answered_time": _seconds(target.answered_at),
        "target_end_reason": "DISCONNECT" if target.cause.outcome is Outcome.ANSWERED else _words(target.cause),
        "target_number": clean(target.number),
        "target_domain": _domain(target, domain),
        "target_ended_time": _seconds(target.ended_at),
        "target_fail_code": _fail_code(target.cause),
        "target_status": target.cause.outcome.value,
        "target_ring_duration": _between(target.ringing_at, rang_until),
        "target_talk_time": _between(target.answered_at, target.ended_at),
    }


def _final_destination(record: CallDetailRecord, domain: str) -> str:
    """Who answered; else who was tried last; else what was dialled."""
    answered = [target for target in record.targets if target.answered_at is not None]
    for target in (*answered[-1:], *record.targets[-1:]):
        return sip_address(target.number, _domain(target, domain))
    return sip_address(record.answered_by or record.callee, domain)


def _domain(target: TargetAccount, domain: str) -> str:
    """Of a trunk, the server that was called; of a phone, its tenant's."""
    if not target.trunk:
        return domain
    try:
        return parse_uri(target.contact).host or domain
    except RemoteProtocolError:
        return domain


def _ended_reason(cause: Cause) -> str:
    """Of an answered call, who hung up; of any other, why it did not come to that."""
    if cause.outcome is Outcome.ANSWERED:
        return _ENDED_BY.get(cause.party, "DISCONNECT")
    return _words(cause)


def _words(cause: Cause) -> str:
    """`no answer` as NO_ANSWER."""
    return _NO_WORD.sub("_", cause.reason.upper()).strip("_")


def _fail_code(cause: Cause) -> int:
    """The SIP status of a failure; 0 = there was none."""
    return cause.sip_status if cause.sip_status >= 300 else 0


def _seconds(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp())


def _between(start: datetime | None, end: datetime) -> int:
    return 0 if start is None else max(0, int((end - start).total_seconds()))
