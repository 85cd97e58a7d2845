"""Records survive the way to JSON and back; old ones stay readable; what can't be read is said clearly."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.number import E164, Canonical, ExtensionNumber, Number, ShortCode, Unclassified, Uri
from engine import cdr, cdr_json
from engine.cause import NORMAL_CALLER, Cause, Outcome, Party
from engine.cdr import Bill, CallDetailRecord, Direction, MediaAccount, OnwardAccount, OpenCall, TargetAccount
from engine.cdr_json import decode_open, decode_record, encode_open, encode_record
from engine.config.money import MILLION
from engine.config.ref import ConfigRef, Origin
from engine.errors import JournalError
from engine.identity import CallId
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.facts import Fact
from engine.routing.query import RouteQuery

# Frozen: written by version 1, on disks out there. Never edit these; a change of format is a new version with its own samples.
RECORD_V1: Final = (
    '{"version":1,"call_id":"0197a0e2-5c00-7abc-8def-000000000001","sip_call_id":"a84b4c76e66710@192.0.2.7","tenant":"acme",'
    '"revision":"91be07a","caller":"101","caller_display":"J\\u00fcrgen \\udce4","callee":"102","answered_by":"102",'
    '"started_at":"2026-11-20T09:14:00.000000+00:00","answered_at":"2026-11-20T09:14:05.250000+00:00",'
    '"ended_at":"2026-11-20T09:15:05.750000+00:00",'
    '"cause":{"outcome":"ANSWERED","sip_status":200,"q850":16,"party":"caller","reason":"caller hung up"},'
    '"query":{"version":1,"tenant":"acme","caller":"101","caller_display":"J\\u00fcrgen \\udce4",'
    '"callee":{"dialled":"102","canonical":["extension","102"]},'
    '"listener":"main","source":"192.0.2.7","at":"2026-11-20T09:14:00.000000+00:00"},'
    '"trace":{"steps":[{"verdict":"matched","rule":["acme","Extension","sales"],"origin":["sales.yaml",7],"why":"102 is sales"},'
    '{"verdict":"missed","rule":null,"origin":null,"why":"no rule"}],'
    '"facts":[{"name":"contacts","subject":"acme/102","value":2}]},'
    '"targets":[{"tenant":"acme","number":"102","contact":"sip:102@192.0.2.8:5060","sip_call_id":"leg-1",'
    '"added_at":"2026-11-20T09:14:00.100000+00:00","ringing_at":"2026-11-20T09:14:00.200000+00:00",'
    '"answered_at":null,"ended_at":"2026-11-20T09:15:05.750000+00:00",'
    '"cause":{"outcome":"ANSWERED_ELSEWHERE","sip_status":200,"q850":26,"party":"us","reason":"call completed elsewhere"},'
    '"media":{"packets_in":0,"packets_out":0,"bytes_in":0,"bytes_out":0,"lost":0,"jitter_ms":0.0,"refused":0}}],'
    '"media":{"packets_in":3025,"packets_out":3024,"bytes_in":520300,"bytes_out":520128,"lost":1,"jitter_ms":0.25,"refused":4}}'
)
OPEN_V1: Final = (
    '{"version":1,"call_id":"0197a0e2-5c00-7abc-8def-000000000001","sip_call_id":"a84b4c76e66710@192.0.2.7",'
    '"started_at":"2026-11-20T09:14:00.000000+00:00","revision":"91be07a",'
    '"query":{"version":1,"tenant":"acme","caller":"101","caller_display":"",'
    '"callee":{"dialled":"102","canonical":["extension","102"]},'
    '"listener":"main","source":"192.0.2.7","at":"2026-11-20T09:14:00.000000+00:00"}}'
)
START: Final = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
QUERY: Final = RouteQuery(
    tenant="acme",
    caller="101",
    caller_display="J\xfcrgen \udce4",
    callee=Number("102", ExtensionNumber("102")),
    listener="main",
    source="192.0.2.7",
    at=START,
)
RECORD: Final = CallDetailRecord(
    call_id=CallId("0197a0e2-5c00-7abc-8def-000000000001"),
    sip_call_id="a84b4c76e66710@192.0.2.7",
    tenant="acme",
    revision="91be07a",
    caller="101",
    caller_display="J\xfcrgen \udce4",
    callee="102",
    answered_by="102",
    started_at=START,
    answered_at=START + timedelta(seconds=5.25),
    ended_at=START + timedelta(seconds=65.75),
    cause=NORMAL_CALLER,
    query=QUERY,
    trace=Trace(
        (
            TraceStep(
                Verdict.MATCHED, ConfigRef("acme", "Extension", "sales"), Origin("sales.yaml", 7), "102 is sales"
            ),
            TraceStep(Verdict.MISSED, None, None, "no rule"),
        ),
        (Fact("contacts", "acme/102", 2),),
    ),
    targets=(
        TargetAccount(
            tenant="acme",
            number="102",
            contact="sip:102@192.0.2.8:5060",
            sip_call_id="leg-1",
            added_at=START + timedelta(seconds=0.1),
            ringing_at=START + timedelta(seconds=0.2),
            answered_at=None,
            ended_at=START + timedelta(seconds=65.75),
            cause=Cause(Outcome.ANSWERED_ELSEWHERE, 200, 26, Party.US, "call completed elsewhere"),
            media=MediaAccount(),
        ),
    ),
    media=MediaAccount(
        packets_in=3025, packets_out=3024, bytes_in=520300, bytes_out=520128, lost=1, jitter_ms=0.25, refused=4
    ),
)
OPEN: Final = OpenCall(
    call_id=RECORD.call_id,
    sip_call_id=RECORD.sip_call_id,
    started_at=START,
    revision="91be07a",
    query=replace(QUERY, caller_display=""),
)


# Frozen when version 2 is released: what it adds to version 1.
FROM_TRUNK: Final = ',"trunk":"carrier","caller_number":{"dialled":"004930123456","canonical":["e164","+4930123456"]}}'
ONWARD: Final = (
    ',"onward":[{"at":"2026-11-20T09:14:20.000000+00:00","to":"extension 103","trace":{"steps":['
    '{"verdict":"matched","rule":null,"origin":null,"why":"on"}],"facts":[]}}]}'
)
RECORD_V2: Final = (
    RECORD_V1.replace('"version":1', '"version":2')
    .replace(
        '"source":"192.0.2.7","at":"2026-11-20T09:14:00.000000+00:00"}',
        '"source":"192.0.2.7","at":"2026-11-20T09:14:00.000000+00:00"' + FROM_TRUNK,
    )
    .replace('"refused":0}}],', '"refused":0},"trunk":"gateway","group":"sales"}],')
    .removesuffix("}")
    + ONWARD
)
OPEN_V2: Final = OPEN_V1.replace('"version":1', '"version":2')
FULL: Final = replace(
    RECORD,
    query=replace(
        QUERY, trunk="carrier", caller_number=Number("004930123456", E164("+4930123456")), caller=RECORD.caller
    ),
    targets=(replace(RECORD.targets[0], trunk="gateway", group="sales"),),
    onward=(
        OnwardAccount(
            at=START + timedelta(seconds=20),
            to="extension 103",
            trace=Trace((TraceStep(Verdict.MATCHED, None, None, "on"),), ()),
        ),
    ),
)


# Frozen when version 3 is released: what it adds to version 2.
RECORD_V3: Final = RECORD_V2.replace('{"version":2,"call_id"', '{"version":3,"call_id"').removesuffix("}") + (
    ',"bills":[{"direction":"incoming","prefix":"+49","rate":"0.02","unit_s":60,"currency":"GBP","units":2,"cost":"0.04",'
    '"payer":"102","account":"","sip_call_id":"a84b4c76e66710@192.0.2.7"},{"direction":"outgoing","prefix":"+447",'
    '"rate":"0.055","unit_s":30,"currency":"GBP","units":3,"cost":"0.165","payer":"102","account":"grace",'
    '"sip_call_id":"leg-1"}]}'
)
OPEN_V3: Final = OPEN_V2.replace('{"version":2,"call_id"', '{"version":3,"call_id"')
BILLED: Final = replace(
    FULL,
    bills=(
        Bill(
            is_incoming=True,
            prefix="49",
            rate=20_000,
            unit_s=60,
            currency="GBP",
            payer="102",
            sip_call_id=RECORD.sip_call_id,
            units=2,
            cost=40_000,
        ),
        Bill(
            is_incoming=False,
            prefix="447",
            rate=55_000,
            unit_s=30,
            currency="GBP",
            payer="102",
            account="grace",
            sip_call_id="leg-1",
            units=3,
            cost=165_000,
        ),
    ),
)


OUTSIDE_LINE: Final = ConfigRef("acme", "OutboundRule", "line")
BY_RULE: Final = Trace((TraceStep(Verdict.MATCHED, OUTSIDE_LINE, None, "begins with 9"),), ())
NEAR_RULE: Final = Trace((TraceStep(Verdict.MISSED, OUTSIDE_LINE, None, "does not begin with 9"),), ())


def of_version_1(record: CallDetailRecord) -> CallDetailRecord:
    return replace(record, version=1, query=replace(record.query, version=1))


def test_the_frozen_record_of_version_1_is_readable() -> None:
    assert decode_record(RECORD_V1) == of_version_1(RECORD)
    assert decode_record(RECORD_V1.encode()) == of_version_1(RECORD)


def test_the_frozen_open_call_of_version_1_is_readable() -> None:
    assert decode_open(OPEN_V1) == replace(OPEN, version=1, query=replace(OPEN.query, version=1))


def test_the_frozen_record_of_version_2_is_readable() -> None:
    assert decode_record(RECORD_V2) == replace(FULL, version=2)
    assert decode_open(OPEN_V2) == replace(OPEN, version=2)


def test_the_frozen_record_of_version_3_is_readable() -> None:
    assert decode_record(RECORD_V3) == BILLED
    assert decode_open(OPEN_V3) == OPEN


def test_version_3_is_still_what_we_write() -> None:
    """When this has to change, the version has to rise with it, and the samples above stay."""
    assert cdr.CDR_VERSION == 3
    assert encode_record(BILLED) == RECORD_V3
    assert encode_open(OPEN) == OPEN_V3


def test_an_internal_call_says_nothing_of_trunks() -> None:
    written = encode_record(RECORD)
    assert written == RECORD_V1.replace('"version":1', '"version":3').replace(
        '"query":{"version":3', '"query":{"version":2'
    )
    assert decode_record(written) == RECORD


@pytest.mark.parametrize(
    ("record", "direction", "trunk"),
    [
        (RECORD, Direction.INTERNAL, ""),
        (FULL, Direction.INBOUND, "carrier"),
        (replace(FULL, query=QUERY), Direction.OUTBOUND, "gateway"),
        (replace(RECORD, query=replace(QUERY, callee=Number("0", E164("+4930123456")))), Direction.OUTBOUND, ""),
        (replace(RECORD, query=replace(QUERY, callee=Number("112", ShortCode("112", True)))), Direction.OUTBOUND, ""),
        (replace(RECORD, trace=BY_RULE), Direction.OUTBOUND, ""),
        (replace(RECORD, trace=NEAR_RULE), Direction.INTERNAL, ""),
        (replace(RECORD, onward=(replace(FULL.onward[0], trace=BY_RULE),)), Direction.OUTBOUND, ""),
        (replace(FULL, trace=BY_RULE), Direction.INBOUND, "carrier"),
    ],
)
def test_which_way_a_call_went(record: CallDetailRecord, direction: Direction, trunk: str) -> None:
    assert (record.direction, record.trunk) == (direction, trunk)


def test_every_field_is_written() -> None:
    """A field added to the record and forgotten here would be lost in silence."""
    written = json.loads(encode_record(BILLED))
    for value, document in (
        (BILLED, written),
        (FULL.cause, written["cause"]),
        (FULL.query, written["query"]),
        (FULL.query.callee, written["query"]["callee"]),
        (FULL.targets[0], written["targets"][0]),
        (FULL.onward[0], written["onward"][0]),
        (FULL.media, written["media"]),
        (OPEN, json.loads(encode_open(replace(OPEN, trace=RECORD.trace)))),
    ):
        assert {field.name for field in fields(value)} == document.keys()
    assert {"direction", *(field.name for field in fields(Bill))} - {"is_incoming"} == written["bills"][0].keys()
    assert {*Trace._fields} == written["trace"].keys()
    assert {*TraceStep._fields} == written["trace"]["steps"][0].keys()
    assert {*Fact._fields} - {"text"} == written["trace"]["facts"][0].keys()


def test_a_fact_that_is_no_number_comes_back() -> None:
    facts = (Fact("contacts", "acme/101", 1), Fact("preferences", "acme/101", 1, '{"status":"away","said":{}}'))
    record = replace(RECORD, trace=Trace(RECORD.trace.steps, facts))
    assert decode_record(encode_record(record)).trace.facts == facts


@pytest.mark.parametrize(
    "canonical",
    [
        E164("+442079460100"),
        ExtensionNumber("0101"),
        ShortCode("*97"),
        ShortCode("112", is_emergency=True),
        Uri("sip:a@b"),
        Unclassified("?"),
    ],
)
def test_every_kind_of_number_is_read_as_written(canonical: Canonical) -> None:
    record = replace(RECORD, query=replace(QUERY, callee=Number("x", canonical)))
    assert decode_record(encode_record(record)) == record


def test_unknown_fields_of_a_newer_writer_are_ignored() -> None:
    document = json.loads(RECORD_V1)
    document["cost"] = "0.40"
    document["cause"]["header"] = {"x": 1}
    document["query"]["geo"] = None
    document["trace"]["steps"][0]["score"] = 5
    document["trace"]["steps"][0]["rule"].append("more")
    assert decode_record(json.dumps(document)) == of_version_1(RECORD)


def test_instants_of_another_zone_become_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    moved = replace(RECORD, started_at=START.astimezone(berlin))
    assert encode_record(moved) == encode_record(RECORD)
    assert decode_record(RECORD_V1).started_at.tzinfo is UTC


def test_a_naive_instant_is_our_bug() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        encode_record(replace(RECORD, ended_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('{"version":1', '{"version":4', "has version 4, and this Trunkline reads up to 3"),
        ('{"version":1', '{"version":"1"', "call record.version is '1'; it has to be an integer"),
        ('{"version":1,', "{", "call record.version is missing"),
        ('"tenant":"acme","revision"', '"revision"', "call record.tenant is missing; it has to be text"),
        ('"caller":"101","caller_display"', '"caller":101,"caller_display"', "caller is 101; it has to be text"),
        ('"outcome":"ANSWERED",', '"outcome":"SUNG",', "cause.outcome is 'SUNG'; it has to be one of ANSWERED, BUSY"),
        ('"sip_status":200,"q850":16', '"sip_status":true,"q850":16', "sip_status is True; it has to be an integer"),
        ('"started_at":"2026-11-20T09:14:00.000000+00:00"', '"started_at":"soon"', "has to be an ISO 8601 instant"),
        (
            '"started_at":"2026-11-20T09:14:00.000000+00:00"',
            '"started_at":"9999-12-31T23:59:59-23:59"',
            "has to be an ISO 8601 instant",
        ),
        ('"started_at":"2026-11-20T09:14:00.000000+00:00"', '"started_at":"2026-11-20T09:14:00"', "with its offset"),
        ('["sales.yaml",7]', '["sales.yaml"]', "trace.steps[0].origin is ['sales.yaml']; it has to be [file, line]"),
        ('["acme","Extension","sales"]', "7", "trace.steps[0].rule is 7; it has to be [tenant, kind, name]"),
        ('"targets":[{', '"targets":[7,{', "call record.targets[0] is not a JSON object but 7"),
        ('"jitter_ms":0.25', '"jitter_ms":null', "call record.media.jitter_ms is None; it has to be a number"),
        ('"steps":[', '"steps":{},"x":[', "call record.trace.steps is {}; it has to be a list"),
        ('"query":{"version":1', '"query":{"version":9', "route query has version 9"),
    ],
)
def test_what_can_not_be_read_is_said(old: str, new: str, words: str) -> None:
    assert old in RECORD_V1
    with pytest.raises(JournalError) as raised:
        decode_record(RECORD_V1.replace(old, new, 1))
    assert words in str(raised.value)


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", "null", '"x"', "[" * 100_000, b"\xff\xfe\x00", RECORD_V1[:-1]])
def test_what_is_no_record_is_refused(text: str | bytes) -> None:
    for decode in (decode_record, decode_open):
        with pytest.raises(JournalError):
            decode(text)


@given(st.text(st.characters(codec=None)), st.datetimes(timezones=st.just(UTC)), st.booleans(), st.integers(0, 2**40))
def test_any_record_comes_back_equal(text: str, at: datetime, answered: bool, count: int) -> None:
    record = replace(
        RECORD,
        caller_display=text,
        sip_call_id=text,
        query=replace(QUERY, callee=Number(text, Unclassified(text)), at=at),
        answered_by=text if answered else None,
        answered_at=at if answered else None,
        media=replace(RECORD.media, bytes_in=count, jitter_ms=count / 7),
    )
    encoded = encode_record(record)
    assert encoded.isascii()
    assert "\n" not in encoded
    assert decode_record(encoded) == record


def test_every_version_ever_written_has_a_reader() -> None:
    assert set(range(1, cdr.CDR_VERSION + 1)) <= cdr_json._RECORD_READERS.keys()


def test_a_call_that_cost_more_than_anybody_can_write_is_read_back() -> None:
    rate = 999_999_999 * MILLION
    bill = Bill(
        is_incoming=False, prefix="882", rate=rate, unit_s=60, currency="GBP", payer="101", units=3, cost=3 * rate
    )
    record = replace(RECORD, bills=(bill,))
    assert decode_record(encode_record(record)) == record
