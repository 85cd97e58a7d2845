"""Recorded calls decided again: under the same revision none goes elsewhere; under another one exactly those that do, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialing.number import E164
from engine.cause import (
    BUSY_HERE,
    CANCELLED,
    NO_ANSWER,
    NO_COMMON_MEDIA,
    NORMAL_CALLER,
    OFFLINE,
    WRONG_NUMBER,
    Cause,
)
from engine.cdr import NO_TRACE, CallDetailRecord
from engine.cdr_json import decode_record, encode_record
from engine.config.snapshot import Snapshot
from engine.routing.decision import Trace, TraceStep, Verdict
from reconciler.offline import offline
from reconciler.render.replay_json import replay_json
from reconciler.render.replay_text import replay_text
from reconciler.replay import NOT_ROUTED, NOT_TRACED, NOT_UNDERSTOOD, Group, Replay, replay
from reconciler.source.tree import SourceFile, SourceTree
from tests.support.recorded_calls import recorded

COMPANY: Final = Path(__file__).resolve().parents[2] / "examples" / "company"
FILES: Final = {path.name: path.read_text(encoding="utf-8") for path in sorted(COMPANY.glob("*.yaml"))}


def snapshot(*edits: tuple[str, str]) -> Snapshot:
    """The company, with these texts replaced; each has to be there."""
    files = dict(FILES)
    for old, new in edits:
        (name,) = [name for name, text in files.items() if old in text]
        files[name] = files[name].replace(old, new, 1)
    tree = SourceTree(tuple(SourceFile.of(name, text.encode()) for name, text in files.items()))
    found = offline(tree)
    assert not found.report.has_errors, found.report.as_text()
    assert found.snapshot is not None
    return found.snapshot


AS_IT_WAS: Final = snapshot()
LONDON: Final = "+442079460100"
ABROAD: Final = "+4930123456"


def again(under: Snapshot, *records: CallDetailRecord) -> Replay:
    """As they come from the database and from files."""
    return replay(under, (decode_record(encode_record(one)) for one in records))


def only(done: Replay) -> Group:
    assert len(done.groups) == 1, done.groups
    return done.groups[0]


def call(*where: str, **more: object) -> CallDetailRecord:
    return recorded(AS_IT_WAS, 1, *where, **more)  # type: ignore[arg-type]  # as `recorded` has it


numbers = st.sampled_from(
    ["101", "102", "200", "999", "112", "103", LONDON, ABROAD, "02079460100", "0044123456789", "ada", ""]
)
causes = st.sampled_from([NORMAL_CALLER, NO_ANSWER, BUSY_HERE, CANCELLED, OFFLINE])
made = st.builds(
    lambda where, phones, endings, hours: recorded(
        AS_IT_WAS,
        hours * 60,
        where[0],
        where[1],
        trunk=where[2],
        phones=phones,
        endings=endings,
    ),
    st.tuples(st.sampled_from(["101", "102"]), numbers, st.just(""))
    | st.tuples(
        st.sampled_from(["", ABROAD, "07700900123"]),
        st.sampled_from([LONDON, "+442079460101", "+442079460199", "020 7946 0100", "1"]),
        st.sampled_from(["carrier", "gateway"]),
    ),
    st.none() | st.fixed_dictionaries({"101": st.integers(0, 2), "102": st.integers(0, 2)}),
    st.lists(causes, min_size=1, max_size=3),
    st.integers(0, 24 * 7),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(made, min_size=1, max_size=5))
def test_under_the_same_revision_every_call_goes_where_it_went(records: list[CallDetailRecord]) -> None:
    done = again(AS_IT_WAS, *records)
    assert (done.calls, done.elsewhere, done.groups) == (len(records), 0, ())


CASES: Final[list[tuple[str, tuple[tuple[str, str], ...], Callable[[], CallDetailRecord], str, str]]] = [
    (
        "an outside call that may no longer be made",
        (
            (
                "displayName: Grace\n  password: {file: secrets/acme-102}\n  mayCallOutside: true",
                "displayName: Grace\n  password: {file: secrets/acme-102}",
            ),
        ),
        lambda: call("102", ABROAD),
        "trunk carrier, then gateway",
        "refused (not allowed to call outside)",
    ),
    (
        "another trunk first",
        (("    - {trunk: carrier}\n    - {trunk: gateway}", "    - {trunk: gateway}\n    - {trunk: carrier}"),),
        lambda: call("101", ABROAD),
        "trunk carrier, then gateway",
        "trunk gateway, then carrier",
    ),
    (
        "the same trunk, other digits",
        (("- {trunk: carrier}", '- {trunk: carrier, strip: 1, prepend: "00"}'),),
        lambda: call("101", ABROAD),
        "trunk carrier, then gateway",
        "trunk carrier, then gateway, other digits sent",
    ),
    (
        "a DID that goes to somebody else",
        (
            (
                'match: {did: "+442079460101"}\n  inHours: {extension: "101"}',
                'match: {did: "+442079460101"}\n  inHours: {extension: "102"}',
            ),
        ),
        lambda: call("07700900123", "+442079460101", trunk="gateway"),
        "extension 101",
        "extension 102",
    ),
    (
        "one member less",
        (('members: ["101", "102"]', 'members: ["102"]'),),
        lambda: recorded(AS_IT_WAS, 1, ABROAD, LONDON, trunk="carrier"),
        "ring group sales (101, 102)",
        "ring group sales (102)",
    ),
    (
        "an extension that forwards at once",
        (("forwarding:\n", 'forwarding:\n    - {when: always, to: {extension: "102"}}\n'),),
        lambda: call("102", "101"),
        "extension 101",
        "extension 102",
    ),
    (
        "who called is gone",
        (
            ('members: ["101", "102"]', 'members: ["101"]'),
            ('    - {when: busy, to: {extension: "102"}}\n', ""),
            ('inHours: {extension: "102"}', 'inHours: {extension: "101"}'),
            ('metadata: {tenant: acme, name: "102"}', 'metadata: {tenant: acme, name: "103"}'),
        ),
        lambda: call("102", "101"),
        "extension 101",
        "refused (no such extension any more)",
    ),
    (
        "not taken then, forwarded now",
        (("displayName: Grace\n", 'displayName: Grace\n  forwarding: [{when: noAnswer, to: {extension: "101"}}]\n'),),
        lambda: call("101", "102", endings=(NO_ANSWER,)),
        "not taken",
        "then extension 101",
    ),
    (
        "forwarded then, to somebody else now",
        (('{when: busy, to: {extension: "102"}}', "{when: busy, to: {ringGroup: sales}}"),),
        lambda: call("102", "101", endings=(BUSY_HERE, NORMAL_CALLER)),
        "then extension 102",
        "then ring group sales (101)",
    ),
    (
        "forwarded then, not any more",
        (('    - {when: busy, to: {extension: "102"}}\n', ""),),
        lambda: call("102", "101", endings=(BUSY_HERE, NORMAL_CALLER)),
        "then extension 102",
        "then not taken",
    ),
]


def test_a_trunk_that_writes_full_numbers_without_a_plus_is_understood_as_it_was() -> None:
    plain = snapshot(
        ("spec:\n  host: sip.carrier.example\n", "spec:\n  host: sip.carrier.example\n  numberFormat: plain\n")
    )
    record = recorded(plain, 1, ABROAD[1:], LONDON[1:], trunk="carrier")
    assert record.query.callee.canonical == E164(LONDON)
    done = again(plain, record)
    assert (done.compared, done.elsewhere) == (1, 0)


@pytest.mark.parametrize(
    ("edits", "make", "before", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_goes_elsewhere(
    edits: tuple[tuple[str, str], ...], make: Callable[[], CallDetailRecord], before: str, after: str
) -> None:
    one = make()
    assert again(AS_IT_WAS, one).elsewhere == 0
    group = only(again(snapshot(*edits), one))
    assert (group.count, group.before, group.after) == (1, before, after)


def test_numbers_are_typed_as_the_other_revision_dials() -> None:
    """0 before a number of the country: outside here; without a national prefix the digits are no number of the world."""
    one = call("101", "02079460200")
    moved = snapshot(('dialling: {country: GB, emergencyNumbers: ["112", "999"]}', 'dialling: {countryCode: "1"}'))
    assert again(AS_IT_WAS, one).elsewhere == 0
    assert again(moved, one).compared == 1


def test_what_was_not_recorded_is_assumed_and_counted() -> None:
    moved = snapshot(("forwarding:\n", 'forwarding:\n    - {when: always, to: {extension: "102"}}\n'))
    one = call("102", "101")
    assert not [fact for fact in one.trace.facts if fact.subject == "acme/102"]
    done = again(moved, one)
    assert (done.elsewhere, done.assumed, only(done).assumed) == (1, 1, 1)
    text = replay_text(done, what="Calls", source="x", revision="r")
    assert (
        "1 of them rest on what was not recorded: a phone that nobody asked for then is taken to be registered once"
        in text
    )


def test_two_refusals_are_alike() -> None:
    one = call("101", "nobody")
    assert one.cause.outcome is WRONG_NUMBER.outcome
    other = snapshot(("displayName: Ada\n", "displayName: Ada\n  enabled: false\n"))
    assert again(other, one).elsewhere == 0


def _refused(why: str, cause: Cause) -> CallDetailRecord:
    return replace(call("101", "102"), trace=Trace((TraceStep(Verdict.REFUSED, None, None, why),), ()), cause=cause)


LEFT_OUT: Final = [
    (replace(call("101", "102"), trace=NO_TRACE), NOT_TRACED),
    (_refused("the offer has no stream that can be relayed", NO_COMMON_MEDIA), NOT_ROUTED),
    (_refused("'other.example' is not the domain of tenant 'acme'", WRONG_NUMBER), NOT_ROUTED),
    (replace(call("101", "102"), trace=Trace((TraceStep(Verdict.MATCHED, None, None, "?"),), ())), NOT_UNDERSTOOD),
]


@pytest.mark.parametrize(("one", "reason"), LEFT_OUT, ids=lambda value: value if isinstance(value, str) else "")
def test_what_routing_did_not_decide_is_left_out_and_counted(one: CallDetailRecord, reason: str) -> None:
    done = again(AS_IT_WAS, one, call("101", "102"))
    assert (done.calls, done.compared, done.left_out) == (2, 1, ((reason, 1),))


def test_a_record_of_version_1_is_decided_again() -> None:
    one = replace(call("101", "102"), version=1)
    assert again(AS_IT_WAS, one).elsewhere == 0
    assert (
        only(again(snapshot(("displayName: Grace\n", "displayName: Grace\n  enabled: false\n")), one)).after
        == "refused (disabled)"
    )


TEXT = """\
Calls of the last 7 days that would go elsewhere: 3 of 4 (3 min)
     3  extensions -> +49..., +44...   trunk carrier, then gateway  ->  trunk gateway
        e.g. 2026-11-20 09:17  102 -> +442079460999  {id}
        '+442079460999' goes outside: the first rule whose conditions all hold (order 100)  OutboundRule acme/outside (acme.yaml:83)
decided by manifests, revision {revision}
"""


def test_as_text() -> None:
    calls = [("101", ABROAD), ("102", ABROAD), ("102", "+442079460999"), ("101", "102")]
    records = [recorded(AS_IT_WAS, number, *where) for number, where in enumerate(calls, start=1)]
    under = snapshot(("    - {trunk: carrier}\n    - {trunk: gateway}", "    - {trunk: gateway}"))
    done = again(under, *records)
    text = replay_text(done, what="Calls of the last 7 days", source="manifests", revision=under.revision)
    assert text == TEXT.format(id=records[2].call_id, revision=under.revision[:12])
    none = again(AS_IT_WAS, *records)
    told = replay_text(none, what="Calls of the last 7 days", source="manifests", revision="r")
    assert told == "Calls of the last 7 days: all 4 would go where they went\ndecided by manifests, revision r\n"


def test_as_json() -> None:
    under = snapshot(("    - {trunk: carrier}\n    - {trunk: gateway}", "    - {trunk: gateway}"))
    one = call("101", ABROAD)
    found = json.loads(replay_json(again(under, one), what="Calls", source="manifests", revision="r"))
    assert (found["calls"], found["compared"], found["elsewhere"], found["talk_s"]) == (1, 1, 1, 60.0)
    (group,) = found["groups"]
    assert (group["before"], group["after"], group["callers"]) == (
        "trunk carrier, then gateway",
        "trunk gateway",
        ["extensions"],
    )
    assert group["example"]["call_id"] == one.call_id
    assert group["example"]["rule"] == "OutboundRule acme/outside"


def test_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.replay.MOST_GROUPS", 1)
    under = snapshot(
        ("displayName: Grace\n", "displayName: Grace\n  enabled: false\n"),
        ("displayName: Ada\n", "displayName: Ada\n  enabled: false\n"),
    )
    done = again(
        under,
        *[recorded(AS_IT_WAS, number, "101", "102") for number in (1, 2)],
        recorded(AS_IT_WAS, 3, "102", "101"),
        recorded(AS_IT_WAS, 4, "101", ABROAD),
    )
    assert done.elsewhere == 4
    assert len(done.groups) == 2


def test_a_week_is_looked_at_newest_example_first() -> None:
    under = snapshot(("displayName: Grace\n", "displayName: Grace\n  enabled: false\n"))
    records = [recorded(AS_IT_WAS, number, "101", "102") for number in (3, 9, 5)]
    example = only(again(under, *records)).example
    assert example is not None
    assert example.at == max(one.started_at for one in records)
    assert example.at - timedelta(minutes=9) == records[0].started_at - timedelta(minutes=3)


def test_calls_to_a_country_that_is_denied_would_be_refused() -> None:
    before = call("101", ABROAD)
    denied = snapshot(("  dialling: {country: GB,", "  countries: {deny: [DE]}\n  dialling: {country: GB,"))
    group = only(again(denied, before))
    assert group.after == "refused (calls to that country are not allowed)"
