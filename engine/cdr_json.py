"""Call records as JSON, as journal and database keep them: versioned, and readable for ever.

Enums by value, instants as ISO 8601 in UTC with microseconds, everything ASCII: text from the wire may hold bytes that were no
UTF-8 (lone surrogates here), which JSON escapes carry and UTF-8 can't. A reader ignores fields that it does not know and refuses
a version that it does not know. A later version adds its own reader beside `_record_v1`, which stays.

Surprising: the text is put together by hand, without dictionaries in between; this runs twice a call and took a tenth of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Final, NoReturn, TypeVar

from dialing.number import E164, Canonical, ExtensionNumber, Number, ShortCode, Unclassified, Uri
from engine.cause import Cause, Outcome, Party
from engine.cdr import (
    CDR_VERSION,
    NO_TRACE,
    Bill,
    CallDetailRecord,
    MediaAccount,
    OnwardAccount,
    OpenCall,
    TargetAccount,
)
from engine.config.money import amount_text, sum_millionths
from engine.config.ref import ConfigRef, Origin
from engine.errors import JournalError
from engine.identity import CallId
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.facts import Fact
from engine.routing.query import QUERY_VERSION, RouteQuery

E = TypeVar("E", bound=Enum)

# The C function of the json module: a quoted string, all of it ASCII.
_text: Final[Callable[[str], str]] = json.encoder.encode_basestring_ascii
_EMPTY: Final = MediaAccount()
_CAUSES: Final[dict[str, Cause]] = {}
_MOST_CAUSES: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_KEPT: Final = 4096
# The text of a second: a call is told in instants of a few, and putting one together takes three times as long as looking it up.
_seconds: Final[dict[int, str]] = {}
_CANONICAL_NAMES: Final[Mapping[type[Canonical], str]] = {
    E164: "e164",
    ExtensionNumber: "extension",
    ShortCode: "code",
    Uri: "uri",
    Unclassified: "unclassified",
}
_CANONICALS: Final[Mapping[str, Callable[[str], Canonical]]] = {
    **{name: kind for kind, name in _CANONICAL_NAMES.items()},
    "emergency": partial(ShortCode, is_emergency=True),
}


def encode_decision(query: RouteQuery, trace: Trace) -> str:
    """What an open call and its record have in common, so that it need be made but once."""
    return f'"query":{_query(query)},"trace":{_trace(trace)}'


def encode_record(record: CallDetailRecord, decision: str | None = None) -> str:
    """One line of JSON. `decision`: `encode_decision` of its query and trace, where that is at hand."""
    if decision is None:
        decision = encode_decision(record.query, record.trace)
    targets = ",".join([_target(target) for target in record.targets])
    return (
        f'{{"version":{record.version},"call_id":{_text(record.call_id)},"sip_call_id":{_text(record.sip_call_id)},'
        f'"tenant":{_text(record.tenant)},"revision":{_text(record.revision)},"caller":{_text(record.caller)},'
        f'"caller_display":{_text(record.caller_display)},"callee":{_text(record.callee)},'
        f'"answered_by":{_maybe_text(record.answered_by)},"started_at":{_instant(record.started_at)},'
        f'"answered_at":{_maybe_instant(record.answered_at)},"ended_at":{_instant(record.ended_at)},'
        f'"cause":{_cause(record.cause)},{decision},'
        f'"targets":[{targets}],"media":{_media(record.media)}{_onward(record.onward)}{encode_bills(record.bills)}}}'
    )


def encode_open(call: OpenCall, decision: str | None = None) -> str:
    """One line of JSON. `decision`: as for `encode_record`."""
    if not call.trace.steps:
        decision = f'"query":{_query(call.query)}'
    elif decision is None:
        decision = encode_decision(call.query, call.trace)
    return (
        f'{{"version":{call.version},"call_id":{_text(call.call_id)},"sip_call_id":{_text(call.sip_call_id)},'
        f'"started_at":{_instant(call.started_at)},"revision":{_text(call.revision)},{decision}}}'
    )


def decode_record(text: str | bytes) -> CallDetailRecord:
    """The record of `encode_record`, of this or an older version. JournalError says what can't be read."""
    fields = _parsed(text, "call record")
    return _of_version(_RECORD_READERS, fields, "call record")(fields)


def decode_open(text: str | bytes) -> OpenCall:
    """The call of `encode_open`, of this or an older version. JournalError says what can't be read."""
    fields = _parsed(text, "open call")
    return _of_version(_OPEN_READERS, fields, "open call")(fields)


def _onward(accounts: tuple[OnwardAccount, ...]) -> str:
    if not accounts:
        return ""
    steps = [f'{{"at":{_instant(step.at)},"to":{_text(step.to)},"trace":{_trace(step.trace)}}}' for step in accounts]
    return f',"onward":[{",".join(steps)}]'


def encode_bills(bills: tuple[Bill, ...]) -> str:
    """With the comma before it; amounts as decimals in quotes, which no reader rounds. "" for none."""
    if not bills:
        return ""
    return f',"bills":[{",".join([_bill(bill) for bill in bills])}]'


def decode_bills(text: str | bytes) -> tuple[Bill, ...]:
    """Those of a JSON object, as `encode_bills` wrote them. JournalError says what can't be read."""
    return _read_bills(_parsed(text, "bills"))


def _bill(bill: Bill) -> str:
    return (
        f'{{"direction":"{"incoming" if bill.is_incoming else "outgoing"}","prefix":{_text("+" + bill.prefix)},'
        f'"rate":"{amount_text(bill.rate)}","unit_s":{bill.unit_s},"currency":{_text(bill.currency)},"units":{bill.units},'
        f'"cost":"{amount_text(bill.cost)}","payer":{_text(bill.payer)},"account":{_text(bill.account)},'
        f'"sip_call_id":{_text(bill.sip_call_id)}}}'
    )


def instant_text(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds: `isoformat(timespec="microseconds")`. ValueError for a naive one."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone; records hold aware UTC only")
        at = at.astimezone(UTC)
    since = at - _EPOCH
    second = since.days * 86_400 + since.seconds
    text = _seconds.get(second)
    if text is None:
        if len(_seconds) >= _SECONDS_KEPT:
            _seconds.clear()
        text = _seconds[second] = at.isoformat(timespec="seconds")[: -len("+00:00")]
    return f"{text}.{str(1_000_000 + since.microseconds)[1:]}+00:00"


def _instant(at: datetime) -> str:
    return f'"{instant_text(at)}"'


def _maybe_instant(at: datetime | None) -> str:
    return "null" if at is None else _instant(at)


def _maybe_text(text: str | None) -> str:
    return "null" if text is None else _text(text)


def _cause(cause: Cause) -> str:
    return (
        f'{{"outcome":{_text(cause.outcome._value_)},"sip_status":{cause.sip_status},"q850":{cause.q850},'
        f'"party":{_text(cause.party._value_)},"reason":{_text(cause.reason)}}}'
    )


def _query(query: RouteQuery) -> str:
    kind, text = _canonical(query.callee.canonical)
    return (
        f'{{"version":{query.version},"tenant":{_text(query.tenant)},"caller":{_text(query.caller)},'
        f'"caller_display":{_text(query.caller_display)},"callee":{{"dialled":{_text(query.callee.dialled)},'
        f'"canonical":["{kind}",{_text(text)}]}},"listener":{_text(query.listener)},"source":{_text(query.source)},'
        f'"at":{_instant(query.at)}{"" if not query.trunk else _from_trunk(query)}}}'
    )


def _from_trunk(query: RouteQuery) -> str:
    number = query.caller_number
    if number is None:
        return f',"trunk":{_text(query.trunk)}'
    kind, text = _canonical(number.canonical)
    return (
        f',"trunk":{_text(query.trunk)},"caller_number":{{"dialled":{_text(number.dialled)},'
        f'"canonical":["{kind}",{_text(text)}]}}'
    )


def _canonical(canonical: Canonical) -> tuple[str, str]:
    match canonical:
        case ShortCode(text, True):
            return "emergency", text
        case _:
            return _CANONICAL_NAMES[type(canonical)], canonical.text


def _trace(trace: Trace) -> str:
    steps = ",".join([_step(step) for step in trace.steps])
    facts = ",".join([_fact(fact) for fact in trace.facts])
    return f'{{"steps":[{steps}],"facts":[{facts}]}}'


def _step(step: TraceStep) -> str:
    rule, origin = step.rule, step.origin
    return (
        f'{{"verdict":{_text(step.verdict._value_)},'
        f'"rule":{"null" if rule is None else f"[{_text(rule.tenant)},{_text(rule.kind)},{_text(rule.name)}]"},'
        f'"origin":{"null" if origin is None else f"[{_text(origin.file)},{origin.line}]"},"why":{_text(step.why)}}}'
    )


def _fact(fact: Fact) -> str:
    text = f',"text":{_text(fact.text)}' if fact.text else ""
    return f'{{"name":{_text(fact.name)},"subject":{_text(fact.subject)},"value":{fact.value:d}{text}}}'


def _target(target: TargetAccount) -> str:
    trunk = f',"trunk":{_text(target.trunk)}' if target.trunk else ""
    group = f',"group":{_text(target.group)}' if target.group else ""
    return (
        f'{{"tenant":{_text(target.tenant)},"number":{_text(target.number)},"contact":{_text(target.contact)},'
        f'"sip_call_id":{_text(target.sip_call_id)},"added_at":{_instant(target.added_at)},'
        f'"ringing_at":{_maybe_instant(target.ringing_at)},"answered_at":{_maybe_instant(target.answered_at)},'
        f'"ended_at":{_instant(target.ended_at)},"cause":{_cause(target.cause)},"media":{_media(target.media)}{trunk}{group}}}'
    )


def _media(media: MediaAccount) -> str:
    return (
        f'{{"packets_in":{media.packets_in},"packets_out":{media.packets_out},"bytes_in":{media.bytes_in},'
        f'"bytes_out":{media.bytes_out},"lost":{media.lost},"jitter_ms":{media.jitter_ms!r},"refused":{media.refused}}}'
    )


class _Fields:
    """A JSON object being read; every complaint names the field by its path."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: object, path: str) -> None:
        if not isinstance(values, dict):
            raise JournalError(f"{path} is not a JSON object but {_shown(values)}")
        self._values: dict[str, object] = values
        self._path = path

    def has(self, name: str) -> bool:
        return name in self._values

    def cells(self, *names: str) -> str:
        """These values in one text that no other values have."""
        return repr([self._values.get(name) for name in names])

    def text(self, name: str) -> str:
        value = self._values.get(name)
        return value if isinstance(value, str) else self._refuse(name, "text")

    def maybe_text(self, name: str) -> str | None:
        return None if self._values.get(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        value = self._values.get(name)
        return value if type(value) is int else self._refuse(name, "an integer")

    def amount(self, name: str) -> int:
        """Millionths, of digits in quotes."""
        try:
            return sum_millionths(self.text(name))
        except ValueError:
            return self._refuse(name, "an amount of money in quotes")

    def number(self, name: str) -> float:
        value = self._values.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return self._refuse(name, "a number")

    def canonical(self, name: str) -> Canonical:
        match self._values.get(name):
            case [str(kind), str(text)] if kind in _CANONICALS:
                return _CANONICALS[kind](text)
            case _:
                return self._refuse(name, "a kind of number and its text")

    def instant(self, name: str) -> datetime:
        value = self._values.get(name)
        if isinstance(value, str):
            try:
                at = datetime.fromisoformat(value)
                if at.tzinfo is UTC:
                    return at
                if at.tzinfo is not None:
                    return at.astimezone(UTC)
            except (ValueError, OverflowError):
                return self._refuse(name, "an ISO 8601 instant")
        return self._refuse(name, "an ISO 8601 instant with its offset")

    def maybe_instant(self, name: str) -> datetime | None:
        return None if self._values.get(name) is None else self.instant(name)

    def enum(self, name: str, kind: type[E]) -> E:
        value = self.text(name)
        try:
            return kind(value)
        except ValueError:
            return self._refuse(name, "one of " + ", ".join([str(member.value) for member in kind]))

    def fields(self, name: str) -> _Fields:
        return _Fields(self._values.get(name), f"{self._path}.{name}")

    def list_of(self, name: str) -> list[_Fields]:
        value = self._values.get(name)
        if not isinstance(value, list):
            return self._refuse(name, "a list")
        return [_Fields(item, f"{self._path}.{name}[{index}]") for index, item in enumerate(value)]

    def rule(self, name: str) -> ConfigRef | None:
        match self._values.get(name):
            case None:
                return None
            case [str(tenant), str(kind), str(rule), *_]:
                return ConfigRef(tenant, kind, rule)
        return self._refuse(name, "[tenant, kind, name]")

    def origin(self, name: str) -> Origin | None:
        match self._values.get(name):
            case None:
                return None
            case [str(file), int(line), *_]:
                return Origin(file, line)
        return self._refuse(name, "[file, line]")

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        if name not in self._values:
            raise JournalError(f"{self._path}.{name} is missing; it has to be {wanted}")
        raise JournalError(f"{self._path}.{name} is {_shown(self._values[name])}; it has to be {wanted}")


def _record_v1(fields: _Fields, version: int = 1, onward: tuple[OnwardAccount, ...] = ()) -> CallDetailRecord:
    return CallDetailRecord(
        version=version,
        call_id=CallId(fields.text("call_id")),
        sip_call_id=fields.text("sip_call_id"),
        tenant=fields.text("tenant"),
        revision=fields.text("revision"),
        caller=fields.text("caller"),
        caller_display=fields.text("caller_display"),
        callee=fields.text("callee"),
        answered_by=fields.maybe_text("answered_by"),
        started_at=fields.instant("started_at"),
        answered_at=fields.maybe_instant("answered_at"),
        ended_at=fields.instant("ended_at"),
        cause=_read_cause(fields.fields("cause")),
        query=_read_query(fields.fields("query")),
        trace=_read_trace(fields.fields("trace")),
        targets=tuple([_read_target(target) for target in fields.list_of("targets")]),
        media=_read_media(fields.fields("media")),
        onward=onward,
    )


def _record_v2(fields: _Fields) -> CallDetailRecord:
    if not fields.has("onward"):
        return _record_v1(fields, 2)
    onward = [
        OnwardAccount(at=one.instant("at"), to=one.text("to"), trace=_read_trace(one.fields("trace")))
        for one in fields.list_of("onward")
    ]
    return _record_v1(fields, 2, tuple(onward))


def _record_v3(fields: _Fields) -> CallDetailRecord:
    return replace(_record_v2(fields), version=3, bills=_read_bills(fields))


def _read_bills(fields: _Fields) -> tuple[Bill, ...]:
    if not fields.has("bills"):
        return ()
    return tuple(
        [
            Bill(
                is_incoming=bill.text("direction") == "incoming",
                prefix=bill.text("prefix").removeprefix("+"),
                rate=bill.amount("rate"),
                unit_s=bill.integer("unit_s"),
                currency=bill.text("currency"),
                units=bill.integer("units"),
                cost=bill.amount("cost"),
                payer=bill.text("payer"),
                account=bill.text("account"),
                sip_call_id=bill.text("sip_call_id"),
            )
            for bill in fields.list_of("bills")
        ]
    )


def _open_v1(fields: _Fields) -> OpenCall:
    return OpenCall(
        version=1,
        call_id=CallId(fields.text("call_id")),
        sip_call_id=fields.text("sip_call_id"),
        started_at=fields.instant("started_at"),
        revision=fields.text("revision"),
        query=_read_query(fields.fields("query")),
        trace=_read_trace(fields.fields("trace")) if fields.has("trace") else NO_TRACE,
    )


def _open_v2(fields: _Fields) -> OpenCall:
    return replace(_open_v1(fields), version=2)


def _open_v3(fields: _Fields) -> OpenCall:
    return replace(_open_v1(fields), version=3)


def _read_cause(fields: _Fields) -> Cause:
    """There are few of them, and three in a record: each is read once."""
    key = fields.cells("outcome", "sip_status", "q850", "party", "reason")
    found = _CAUSES.get(key)
    if found is None:
        found = Cause(
            fields.enum("outcome", Outcome),
            fields.integer("sip_status"),
            fields.integer("q850"),
            fields.enum("party", Party),
            fields.text("reason"),
        )
        if len(_CAUSES) < _MOST_CAUSES:
            _CAUSES[key] = found
    return found


def _read_query(fields: _Fields) -> RouteQuery:
    return _of_version(_QUERY_READERS, fields, "route query")(fields)


def _query_v1(fields: _Fields, version: int = 1, trunk: str = "", caller_number: Number | None = None) -> RouteQuery:
    return RouteQuery(
        version=version,
        tenant=fields.text("tenant"),
        caller=fields.text("caller"),
        caller_display=fields.text("caller_display"),
        callee=_read_number(fields.fields("callee")),
        listener=fields.text("listener"),
        source=fields.text("source"),
        at=fields.instant("at"),
        trunk=trunk,
        caller_number=caller_number,
    )


def _query_v2(fields: _Fields) -> RouteQuery:
    if not fields.has("trunk"):
        return _query_v1(fields, 2)
    caller = _read_number(fields.fields("caller_number")) if fields.has("caller_number") else None
    return _query_v1(fields, 2, fields.text("trunk"), caller)


def _read_number(fields: _Fields) -> Number:
    return Number(fields.text("dialled"), fields.canonical("canonical"))


def _read_trace(fields: _Fields) -> Trace:
    return Trace(
        tuple(
            [
                TraceStep(step.enum("verdict", Verdict), step.rule("rule"), step.origin("origin"), step.text("why"))
                for step in fields.list_of("steps")
            ]
        ),
        tuple(
            [
                Fact(
                    fact.text("name"),
                    fact.text("subject"),
                    fact.integer("value"),
                    fact.text("text") if fact.has("text") else "",
                )
                for fact in fields.list_of("facts")
            ]
        ),
    )


def _read_target(fields: _Fields) -> TargetAccount:
    return TargetAccount(
        tenant=fields.text("tenant"),
        number=fields.text("number"),
        contact=fields.text("contact"),
        sip_call_id=fields.text("sip_call_id"),
        added_at=fields.instant("added_at"),
        ringing_at=fields.maybe_instant("ringing_at"),
        answered_at=fields.maybe_instant("answered_at"),
        ended_at=fields.instant("ended_at"),
        cause=_read_cause(fields.fields("cause")),
        media=_read_media(fields.fields("media")),
        trunk=fields.text("trunk") if fields.has("trunk") else "",
        group=fields.text("group") if fields.has("group") else "",
    )


def _read_media(fields: _Fields) -> MediaAccount:
    return MediaAccount(
        packets_in=fields.integer("packets_in"),
        packets_out=fields.integer("packets_out"),
        bytes_in=fields.integer("bytes_in"),
        bytes_out=fields.integer("bytes_out"),
        lost=fields.integer("lost"),
        jitter_ms=fields.number("jitter_ms"),
        refused=fields.integer("refused"),
    )


R = TypeVar("R")
_RECORD_READERS: Final[Mapping[int, Callable[[_Fields], CallDetailRecord]]] = {
    1: _record_v1,
    2: _record_v2,
    3: _record_v3,
}
_OPEN_READERS: Final[Mapping[int, Callable[[_Fields], OpenCall]]] = {1: _open_v1, 2: _open_v2, 3: _open_v3}
_QUERY_READERS: Final[Mapping[int, Callable[[_Fields], RouteQuery]]] = {1: _query_v1, 2: _query_v2}
assert CDR_VERSION in _RECORD_READERS  # noqa: S101 - a new version without its reader is our bug, found at import
assert CDR_VERSION in _OPEN_READERS  # noqa: S101 - the same
assert QUERY_VERSION in _QUERY_READERS  # noqa: S101 - the same


def _parsed(text: str | bytes, what: str) -> _Fields:
    try:
        return _Fields(json.loads(text), what)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"{what} {_shown(text)} is not JSON: {error}") from None


def _of_version(readers: Mapping[int, Callable[[_Fields], R]], fields: _Fields, what: str) -> Callable[[_Fields], R]:
    version = fields.integer("version")
    reader = readers.get(version)
    if reader is None:
        raise JournalError(
            f"{what} has version {version}, and this Trunkline reads up to {max(readers)}; "
            "use the Trunkline that wrote it, or a newer one"
        )
    return reader


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."
