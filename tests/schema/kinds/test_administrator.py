"""`Administrator`: who logs in, of the system or of a tenant."""

import pytest

from schema.kinds.administrator import AdministratorSpec
from schema.manifest_set import parse_file


def text(metadata: str, spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: Administrator\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


@pytest.mark.parametrize(("metadata", "tenant"), [("name: jane", None), ("name: jane, tenant: acme", "acme")])
def test_the_defaults(metadata: str, tenant: str | None) -> None:
    [resource] = parse_file("f", text(metadata, "login: jane, password: {env: P}")).resources
    assert isinstance(resource.spec, AdministratorSpec)
    assert (resource.ref.tenant, resource.spec.enabled, resource.spec.scope) == (tenant, True, "admin")


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("login: jane", "missing-field"),
        ("login: jane, password: admin", "secret-literal"),
        ("login: 'a:b', password: {env: P}", "http-user"),
        ("login: jane, password: {env: P}, scope: root", "value"),
        ("login: jane, password: {env: P}, extension: 'a b'", "extension-number"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", text("name: jane", spec)).problems] == [rule]
