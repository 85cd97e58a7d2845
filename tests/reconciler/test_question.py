"""Questions: what they name, and what is said where they name what is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.config.snapshot import Snapshot
from reconciler.question import BadQuestion, Question, understand
from tests.support.imagined import ONE_TENANT, TWO_TENANTS, extension, snapshot, tenant

ASKED = Question(caller="101", to="102")

REFUSED = [
    (ONE_TENANT, replace(ASKED, tenant="amce"), 'tenant is "amce", and there is no such tenant; did you mean "acme"?'),
    (TWO_TENANTS, ASKED, 'tenant is not said, and there are several: "acme", "globex", of which "acme", "globex" have an extension "101"'),
    (TWO_TENANTS, replace(ASKED, caller="901"), '"globex" has an extension "901"; name the caller\'s'),
    (TWO_TENANTS, replace(ASKED, caller="x"), 'there are several: "acme", "globex"; name the caller\'s'),
    (Snapshot.empty(), ASKED, "tenant is not said, and there is none that runs"),
    (Snapshot.empty(), replace(ASKED, tenant="acme"), "there is no such tenant; there is none"),
    (ONE_TENANT, replace(ASKED, caller="011"), 'from is "011", and tenant "acme" has no extension of that number; did you mean "101"?'),
    (ONE_TENANT, replace(ASKED, caller="zzz"), 'there are "101", "102", "103", "104", "reception"'),
    (ONE_TENANT, replace(ASKED, caller=""), 'from is "", and'),
    (ONE_TENANT, replace(ASKED, listener="phnes"), 'listener is "phnes", and there is no such listener; did you mean "phones"?'),
    (ONE_TENANT, replace(ASKED, at="noon"), 'at is "noon", which is no instant; write it like 2026-11-26'),
    (ONE_TENANT, replace(ASKED, at="2026-11-31"), "which is no instant"),
    (ONE_TENANT, replace(ASKED, at="2026-11-26T24:30"), "which is no instant"),
    (ONE_TENANT, replace(ASKED, at="0001-01-01T00:00+14:00"), "which is no instant"),
    (ONE_TENANT, replace(ASKED, at=""), "which is no instant"),
    (ONE_TENANT, replace(ASKED, registered=("105",)), 'registered is "105", and tenant "acme" has no extension of that number'),
    (ONE_TENANT, replace(ASKED, registered=("102=many",)), 'registered is "102=many", whose number of phones is not understood'),
    (ONE_TENANT, replace(ASKED, registered=("102=-1",)), 'write "102=2" for two phones, "102=0" for none'),
    (ONE_TENANT, replace(ASKED, registered=("102=99999",)), "is not understood"),
    (ONE_TENANT, replace(ASKED, registered=("102=²",)), "is not understood"),
    (ONE_TENANT, replace(ASKED, registered=("102=",)), "is not understood"),
    (ONE_TENANT, replace(ASKED, registered=("=",)), 'registered is "", and'),
    (ONE_TENANT, replace(ASKED, calls=-1), 'calls is "-1"'),
]  # fmt: skip


@pytest.mark.parametrize(("given", "question", "words"), REFUSED)
def test_what_is_not_there_is_said_with_what_is_near(given: Snapshot, question: Question, words: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        understand(given, question)
    assert words in str(refused.value)
    assert str(refused.value).startswith(refused.value.field)


INSTANTS = [
    ("2026-11-26", datetime(2026, 11, 26, tzinfo=UTC)),
    ("2026-11-26T09:00", datetime(2026, 11, 26, 9, 0, tzinfo=UTC)),
    ("2026-11-26 09:00:30", datetime(2026, 11, 26, 9, 0, 30, tzinfo=UTC)),
    ("2026-11-26T09:00Z", datetime(2026, 11, 26, 9, 0, tzinfo=UTC)),
    ("2026-11-26T09:00+01:00", datetime(2026, 11, 26, 8, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "at"), INSTANTS)
def test_instants_are_utc_where_they_do_not_say(text: str, at: datetime) -> None:
    assert understand(ONE_TENANT, replace(ASKED, at=text)).at == at


def test_the_only_tenant_need_not_be_named() -> None:
    assert understand(ONE_TENANT, ASKED).tenant.config.name == "acme"


def test_a_listener_names_its_tenant() -> None:
    found = understand(TWO_TENANTS, replace(ASKED, listener="globex-phones"))
    assert (found.tenant.config.name, found.listener, found.is_listener_guessed) == ("globex", "globex-phones", False)


def test_the_tenants_own_listener_is_guessed_first() -> None:
    found = understand(TWO_TENANTS, replace(ASKED, tenant="globex"))
    assert (found.listener, found.is_listener_guessed) == ("globex-phones", True)
    found = understand(TWO_TENANTS, replace(ASKED, tenant="acme"))
    assert (found.listener, found.is_listener_guessed) == ("phones", True)
    found = understand(ONE_TENANT, ASKED)
    assert (found.listener, found.is_listener_guessed) == ("phones", False)


def test_phones_are_counted() -> None:
    found = understand(ONE_TENANT, replace(ASKED, registered=("102", "103=3", "104=0")))
    assert found.registered == {"102": 1, "103": 3, "104": 0}


def test_among_many_numbers_the_search_is_bounded() -> None:
    many = snapshot(tenant("acme", *(extension("acme", str(number)) for number in range(10_000, 20_000))), listeners=())
    with pytest.raises(BadQuestion, match=r'did you mean "\d*234\d*" or') as refused:
        understand(many, replace(ASKED, caller="1234"))
    assert len(str(refused.value)) < 200
    with pytest.raises(BadQuestion, match='there are "10000", "10001", "10002", "10003", "10004" and 9995 more'):
        understand(many, replace(ASKED, caller="zz"))
