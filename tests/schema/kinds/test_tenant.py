"""`Tenant`: its domain and its defaults."""

import pytest

from schema.kinds.tenant import TenantSpec
from schema.manifest_set import parse_file
from tests.support.manifests import tenant


def read(content: str) -> TenantSpec:
    file = parse_file("f", content)
    assert file.problems == ()
    [resource] = file.resources
    assert resource.ref.tenant is None
    assert isinstance(resource.spec, TenantSpec)
    return resource.spec


def test_the_defaults() -> None:
    spec = read(tenant("acme", "ACME.example"))
    assert spec.domain == "acme.example"
    assert spec.enabled
    assert spec.display_name is None
    assert (spec.quotas.max_extensions, spec.quotas.max_concurrent_calls) == (0, 0)


def test_everything_can_be_set() -> None:
    extra = "enabled: false\ndisplayName: Acme Ltd\nquotas: {maxExtensions: 20, maxConcurrentCalls: 5}\n"
    spec = read(tenant("acme", "192.0.2.1", extra))
    assert not spec.enabled
    assert spec.display_name == "Acme Ltd"
    assert (spec.quotas.max_extensions, spec.quotas.max_concurrent_calls) == (20, 5)


@pytest.mark.parametrize(("written", "days"), [("90d", 90), ("0", 0), ("0d", 0)])
def test_records_are_kept_for_so_many_days(written: str, days: int) -> None:
    assert read(tenant("acme", "acme.example", f"retention: {{cdrs: {written}}}\n")).retention.cdrs == days


def test_a_retention_says_what_it_counts() -> None:
    [problem] = parse_file("f", tenant("acme", "acme.example", "retention: {cdrs: 90}\n")).problems
    assert (problem.rule, problem.hint) == ("duration", 'write "90d" for days')


@pytest.mark.parametrize(
    "quotas", ["{maxExtensions: -1}", "{maxConcurrentCalls: 1000001}", "{maxConcurrentCalls: '5'}"]
)
def test_a_quota_is_a_whole_number(quotas: str) -> None:
    [problem] = parse_file("f", tenant("acme", "acme.example", f"quotas: {quotas}\n")).problems
    assert problem.rule in {"range", "type"}


def test_a_quota_that_nothing_keeps_is_no_field() -> None:
    [problem] = parse_file("f", tenant("acme", "acme.example", "quotas: {maxPhones: 3}\n")).problems
    assert problem.rule == "unknown-field"
