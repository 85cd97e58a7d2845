"""webhook-unencrypted: planted faults and clean twins."""

import pytest

from schema.manifest_set import load
from schema.problem import Severity
from tests.support.manifests import GOOD, documents, tenant


def lines(url: str, auth: str = "", hook: str = "cdr") -> list[str]:
    """The problems of acme with a webhook to that URL."""
    webhooks = f"webhooks:\n    {hook}:\n      url: {url}\n{auth}"
    report = load((GOOD | {"acme.yaml": documents(tenant("acme", "acme.example", webhooks))}).items()).report
    assert all(problem.severity is Severity.WARNING for problem in report)
    return [str(problem) for problem in report]


def test_call_records_over_http_can_be_read() -> None:
    assert lines("http://crm.example.com/calls") == [
        (
            'acme.yaml:8:14: warning: Tenant acme posts its call records to "crm.example.com" by http: they can be read on the '
            "way; write https:// if the receiver can; its certificate is checked [webhook-unencrypted]"
        )
    ]


def test_so_can_the_password() -> None:
    auth = "      auth: {basic: {user: pbx, password: {env: P}}}\n"
    [line] = lines("http://crm.example.com/calls", auth)
    assert "with the password of basic authentication;" in line


def test_and_registrations() -> None:
    [line] = lines("http://93.184.215.14:8080/", hook="events")
    assert 'posts its registrations to "93.184.215.14" by http' in line


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com/calls",
        "http://127.0.0.1:8080/calls",
        "http://10.1.2.3/calls",
        "http://[::1]:8080/",
        "http://[fd00::7]/",
        "http://crm/calls",
        "http://crm.office.internal/calls",
        "http://crm.default.svc/calls",
    ],
)
def test_in_ones_own_network_nothing_is_said(url: str) -> None:
    assert lines(f'"{url}"') == []
