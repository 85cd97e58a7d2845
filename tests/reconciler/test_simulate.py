"""Imagined calls as a table, what is assumed of them, and that nothing that is dialled makes the simulation fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.simulation import RecordedFacts
from reconciler.foreseen import ForeseenView
from reconciler.offline import offline
from reconciler.question import BadQuestion, Question
from reconciler.render.simulation_json import simulation_json
from reconciler.render.simulation_text import simulation_text
from reconciler.simulate import Basis, CauseView, FactView, Simulation, StepView, simulate
from reconciler.source.directory import Directory
from tests.support.imagined import ONE_TENANT, TWO_TENANTS
from tests.support.routed import extension, group, inbound, outbound, route, snapshot, tenant, to, trunk

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
OFFLINE = Basis(source="manifests", snapshot=ONE_TENANT, now=NOW, place=lambda path: f"manifests/{path}")
ASKED = Question(caller="101", to="102")
LIVE = replace(
    OFFLINE,
    source="the running server",
    live=RecordedFacts({("contacts", "acme/102"): 3, ("calls", "acme"): 1}),
    place=str,
)


def test_a_call_that_is_put_through() -> None:
    found = simulate(OFFLINE, ASKED)
    assert found == Simulation(
        source="manifests",
        revision=ONE_TENANT.tenants["acme"].revision,
        tenant="acme",
        caller="101",
        dialled="102",
        number_kind="extension",
        number="102",
        listener="phones",
        at=NOW,
        put_through=True,
        sentence='101 calls "102": put through to extension 102, which rings on 1 phone for 25 s',
        steps=(
            StepView("matched", "Extension acme/102", "manifests/acme.yaml:15", "'102' is the number of extension 102"),
        ),
        facts=(FactView("contacts", "acme/102", 1, "assumed"), FactView("calls", "acme", 0, "assumed")),
        assumptions=(
            "every extension has one registered phone; --registered says otherwise",
            "no other call of the tenant is live; --calls says otherwise",
        ),
        hours=None,
        cause=None,
        foreseen=(
            ForeseenView(0.0, "all phones of extension 102 ring, for 25 s"),
            ForeseenView(None, "the first phone to answer gets the call, until one side hangs up"),
            ForeseenView(25.0, "if nobody answers, it ends with 480 (no answer)"),
        ),
    )


def test_a_wrong_number_names_the_nearest() -> None:
    found = simulate(OFFLINE, replace(ASKED, to="10"))
    assert not found.put_through
    assert found.cause == CauseView("WRONG_NUMBER", 404, 1, "us", "no such number")
    assert [(step.verdict, step.rule) for step in found.steps] == [
        ("refused", None),
        ("missed", "Extension acme/101"),
        ("missed", "Extension acme/102"),
        ("missed", "Extension acme/103"),
        ("missed", "Extension acme/104"),
    ]
    assert (found.facts, found.assumptions, found.foreseen) == ((), (), ())


CALLS = [
    ("offline", replace(ASKED, registered=("103",)), "OFFLINE", 480),
    ("no phones", replace(ASKED, registered=("102=0",)), "OFFLINE", 480),
    ("registered", replace(ASKED, registered=("102=2",)), "", 0),
    ("to the disabled", replace(ASKED, to="104"), "REFUSED", 403),
    ("by the disabled", replace(ASKED, caller="104"), "REFUSED", 403),
    ("over quota", replace(ASKED, calls=2), "REFUSED", 480),
    ("below quota", replace(ASKED, calls=1), "", 0),
    ("own address", replace(ASKED, to="sip:102@ACME.example"), "", 0),
    ("foreign address", replace(ASKED, to="sip:102@globex.example"), "WRONG_NUMBER", 404),
    ("by name", replace(ASKED, to="reception"), "", 0),
    ("with separators", replace(ASKED, to="1-02"), "", 0),
    ("nothing", replace(ASKED, to=""), "WRONG_NUMBER", 404),
    ("oneself", replace(ASKED, to="101"), "", 0),
]


@pytest.mark.parametrize(
    ("question", "outcome", "status"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS]
)
def test_what_becomes_of_calls(question: Question, outcome: str, status: int) -> None:
    found = simulate(OFFLINE, question)
    assert found.put_through is (outcome == "")
    assert (found.cause.outcome, found.cause.sip_status) == (outcome, status) if found.cause else outcome == ""


def test_offline_only_those_stated_have_phones() -> None:
    found = simulate(OFFLINE, replace(ASKED, registered=("103",)))
    assert found.facts[0] == FactView("contacts", "acme/102", 0, "stated")
    assert found.assumptions == ("no other extension than those stated has a registered phone",)


def test_a_server_knows_its_phones_and_calls() -> None:
    found = simulate(LIVE, ASKED)
    assert found.facts == (FactView("contacts", "acme/102", 3, "live"), FactView("calls", "acme", 1, "live"))
    assert found.assumptions == ()
    assert found.steps[0].origin == "acme.yaml:15"
    assert "rings on 3 phones" in found.sentence


def test_what_is_stated_goes_before_what_is_live() -> None:
    found = simulate(LIVE, replace(ASKED, registered=("103",), calls=0, to="103"))
    assert found.facts == (FactView("contacts", "acme/103", 1, "stated"), FactView("calls", "acme", 0, "stated"))
    assert simulate(LIVE, replace(ASKED, registered=("103",))).facts[0].known == "live"


def test_another_time_on_a_server_is_with_the_facts_of_now() -> None:
    found = simulate(LIVE, replace(ASKED, at="2027-01-01T09:00+01:00"))
    assert found.at == datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    assert found.assumptions == ("phones and calls are then as they are now; --registered and --calls say otherwise",)


def test_a_guessed_listener_is_an_assumption() -> None:
    found = simulate(replace(OFFLINE, snapshot=TWO_TENANTS), replace(ASKED, tenant="acme", to="1"))
    assert found.assumptions == ('the call comes in by listener "phones"; --listener says otherwise',)


EXAMPLE = Path(__file__).parents[2] / "examples" / "office-hours"
HOURS = [
    ("101", "2026-11-26T09:00", True, "OfficeHours acme/london"),
    ("101", "2026-11-26T18:00", False, "OfficeHours acme/london"),
    ("101", "2026-12-25T10:00", False, "OfficeHours acme/london"),
    ("102", "2026-11-26T09:00", False, "OfficeHours acme/sydney-nights"),
    ("102", "2026-11-26T22:30+11:00", True, "OfficeHours acme/sydney-nights"),
    ("nobody", "2026-11-26T09:00", True, "OfficeHours acme/london"),
]


@pytest.mark.parametrize(("to", "at", "is_open", "rule"), HOURS)
def test_office_hours_are_told(to: str, at: str, is_open: bool, rule: str) -> None:
    snapshot = offline(Directory(EXAMPLE, settle_s=0).read()).snapshot
    assert snapshot is not None
    found = simulate(replace(OFFLINE, snapshot=snapshot), replace(ASKED, to=to, at=at))
    assert found.put_through is (to != "nobody")
    assert found.hours is not None
    assert (found.hours.is_open, found.hours.rule) == (is_open, rule)
    assert "manifests/pbx.yaml" in (found.hours.origin or "")


ANY_TEXT = st.text(st.characters()) | st.from_regex(r"(sips?:|tel:|\+|00)?[0-9*#@a-z.;=%-]{0,40}", fullmatch=True)


@given(ANY_TEXT, st.booleans(), st.lists(st.sampled_from(["101", "102=2", "103=0"])))
def test_whatever_is_dialled_is_decided_and_shown(dialled: str, is_live: bool, registered: list[str]) -> None:
    found = simulate(LIVE if is_live else OFFLINE, replace(ASKED, to=dialled, registered=registered))
    assert found.put_through is (found.cause is None)
    assert found.steps
    assert simulation_text(found).encode()
    assert all(line.isprintable() for line in simulation_text(found).splitlines())
    assert simulation_json(found).isascii()


COMPANY = Basis(
    source="company",
    snapshot=snapshot(
        tenant(
            extension("101"),
            extension("102", may_call_outside=False),
            group("sales", "600", "101", "102"),
            inbound("main", to("ringGroup", "sales"), dids=("+442079460100",)),
            outbound("all", route("own", strip=1, prepend="9"), route("carrier")),
            trunk("own"),
        ),
        tenant(inbound("main", tenant="beta", dids=("+442079460200",)), name="beta"),
        shared=(trunk("carrier", tenant=""),),
    ),
    now=NOW,
)
# the trunk, who calls, what is called, the sentence
FROM_OUTSIDE = [
    (
        "own",
        "+4930123456",
        "020 7946 0100",
        '+4930123456 calls "020 7946 0100" by trunk own: put through to ring group sales: 101, 102',
    ),
    (
        "carrier",
        "anonymous",
        "+442079460100",
        'anonymous calls "+442079460100" by trunk carrier: put through to ring group sales: 101, 102',
    ),
    (
        "own",
        "101",
        "101",
        (
            '101 calls "101" by trunk own: refused with 404 (no rule leads there): '
            "no inbound rule of tenant 'acme' is for '101' on trunk own"
        ),
    ),
]


@pytest.mark.parametrize(("by", "caller", "called", "sentence"), FROM_OUTSIDE)
def test_calls_from_outside(by: str, caller: str, called: str, sentence: str) -> None:
    found = simulate(COMPANY, Question(trunk=by, caller=caller, to=called))
    assert (found.sentence, found.tenant, found.trunk) == (sentence, "acme", by)


def test_a_shared_trunk_brings_the_call_to_whose_number_it_is() -> None:
    found = simulate(COMPANY, Question(trunk="carrier", caller="1", to="+442079460200"))
    assert found.tenant == "beta"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Question(trunk="carrier", caller="1", to="+442079469999"), "tenant"),
        (Question(trunk="carier", caller="1", to="1"), "trunk"),
        (Question(trunk="own", caller="1", to="1", tenant="beta"), "trunk"),
        (Question(trunk="own", caller="1", to="1", tenant="gamma"), "tenant"),
    ],
)
def test_what_can_not_be_told_of_a_call_from_outside(asked: Question, field: str) -> None:
    with pytest.raises(BadQuestion) as error:
        simulate(COMPANY, asked)
    assert error.value.field == field


def test_a_call_to_the_outside_says_what_each_trunk_is_sent() -> None:
    found = simulate(COMPANY, Question(caller="101", to="02079460999", tenant="acme"))
    assert found.sentence == (
        '101 calls "02079460999": put through to +442079460999 outside, over trunk own (as 92079460999), then carrier (as +442079460999)'
    )
    assert "every trunk is up and carries no other call" in found.assumptions


SHOWN = [
    ("", {"number": "+442079460200"}, "+442079460200"),
    ("+442079460202", {"number": "+442079460200"}, "+442079460202"),
    ("+442079460202", {"number": "+442079460200", "caller_id": "trunk"}, "+442079460200"),
    ("+442079460202", {"number": "+442079460200", "caller_id": "anonymous"}, "no number"),
    ("", {}, "the caller's own number"),
]


@pytest.mark.parametrize(("own", "spec", "shown"), SHOWN)
def test_a_call_to_the_outside_says_which_number_is_shown_and_what_comes_next(
    own: str, spec: dict[str, str], shown: str
) -> None:
    made = snapshot(
        tenant(
            extension("101", outbound_caller_id=own),
            outbound("all", route("carrier"), route("gateway", caller_id="+442079460209")),
            trunk("carrier", **spec),
            trunk("gateway"),
        )
    )
    found = simulate(replace(COMPANY, snapshot=made), Question(caller="101", to="0049301234567"))
    assert [moment.what for moment in found.foreseen][:2] == [
        f"trunk carrier is asked for +49301234567, showing {shown}, for 120 s",
        "if trunk carrier fails, trunk gateway is asked for +49301234567, showing +442079460209",
    ]
