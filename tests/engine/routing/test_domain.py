"""Whose domain is called: the tenant's own, or any address of ours on a listener of its."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.cause import WRONG_NUMBER
from engine.routing.domain import refuse_foreign_domain
from engine.routing.query import query_of
from tests.support.imagined import ACME, GLOBEX, TWO_TENANTS
from tests.support.routed import NOON, extension, snapshot, tenant

CASES = [
    ("acme.example", "phones", True),
    ("ACME.Example", "phones", True),
    ("acme.example", "globex-phones", True),
    ("globex.example", "phones", False),
    ("192.0.2.1", "phones", False),
    ("192.0.2.1", "globex-phones", False),
    ("192.0.2.1", "", False),
    ("", "phones", False),
]
CONTEXTS = [
    ("+44", "phones", True),
    ("+4420", "phones", True),
    ("+49", "phones", False),
    ("+49", "globex-phones", False),
]


@pytest.mark.parametrize(("host", "listener", "is_ours"), CASES)
def test_whose_domain_it_is(host: str, listener: str, is_ours: bool) -> None:
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    query = query_of(ACME, ACME.extensions["101"], "102", listener=listener, source="192.0.2.9", at=at)
    refusal = refuse_foreign_domain(TWO_TENANTS, query, host)
    assert (refusal is None) is is_ours
    if refusal is not None:
        assert refusal.cause is WRONG_NUMBER
        assert refusal.trace.steps[0].why == f"{host!r} is not the domain of tenant 'acme'"


@pytest.mark.parametrize(("context", "listener", "is_ours"), CONTEXTS)
def test_a_number_that_is_local_somewhere_is_one_of_the_tenants_country(
    context: str, listener: str, is_ours: bool
) -> None:
    british = snapshot(tenant(extension("101")))
    query = query_of(
        british.tenants["acme"],
        british.tenants["acme"].extensions["101"],
        "02079460100",
        listener=listener,
        source="192.0.2.9",
        at=NOON,
    )
    assert (refuse_foreign_domain(british, query, context) is None) is is_ours


@pytest.mark.parametrize("host", ["globex.example", "192.0.2.1", "elsewhere.example"])
def test_who_calls_for_help_is_not_asked_for_the_domain(host: str) -> None:
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    query = query_of(ACME, ACME.extensions["101"], "112", listener="phones", source="192.0.2.9", at=at)
    assert refuse_foreign_domain(TWO_TENANTS, query, host) is None


def test_a_listeners_default_tenant_is_called_by_any_address_of_ours() -> None:
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    query = query_of(GLOBEX, GLOBEX.extensions["901"], "101", listener="globex-phones", source="192.0.2.9", at=at)
    assert refuse_foreign_domain(TWO_TENANTS, query, "192.0.2.1") is None
    assert refuse_foreign_domain(TWO_TENANTS, query, "acme.example") is not None
