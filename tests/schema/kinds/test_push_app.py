"""`PushApp`: an app and who wakes it."""

import pytest

from schema.kinds.push_app import PushAppSpec
from schema.manifest_set import parse_file

HEAD = "apiVersion: trunkline/v1\nkind: PushApp\nmetadata: {name: phone}\n"
GOOGLE = 'google: {serverKey: {env: K}, senderId: "12"}'


def test_the_defaults() -> None:
    [resource] = parse_file("f", f"{HEAD}spec: {{appId: com.example.phone, {GOOGLE}}}\n").resources
    assert isinstance(resource.spec, PushAppSpec)
    assert (resource.spec.enabled, resource.spec.environment, resource.spec.apple) == (True, "production", None)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("appId: com.example.phone", "push-credentials"),
        (f"{GOOGLE}", "missing-field"),
        (f"appId: our phone, {GOOGLE}", "app-id"),
        ("appId: a, google: {serverKey: {env: K}, senderId: x}", "sender-id"),
        ("appId: a, google: {serverKey: AAAA, senderId: 1}", "secret-literal"),
        ("appId: a, apple: {key: {env: K}}", "missing-field"),
        (f"appId: a, environment: test, {GOOGLE}", "value"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", f"{HEAD}spec: {{{spec}}}\n").problems] == [rule]
