"""References to secrets; and that a secret written by mistake is never repeated in a message."""

import pytest

from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import parse_file
from schema.secret_source import EnvSecret, FileSecret
from tests.support.manifests import extension

SECRET = "hunter2-Tr0ub4dor"
SOURCES = [
    ("{env: SIP_PASSWORD_101}", EnvSecret("SIP_PASSWORD_101")),
    ("{file: secrets/101}", FileSecret("secrets/101")),
    ("{file: /run/secrets/101}", FileSecret("/run/secrets/101")),
    ("{file: 101}", FileSecret("101")),
]
REFUSED = [
    (SECRET, "secret-literal"),
    (f"'{SECRET}'", "secret-literal"),
    ("12345678", "secret-literal"),
    ("true", "secret-literal"),
    (f"[{SECRET}]", "secret-literal"),
    (f"{{value: {SECRET}}}", "secret-literal"),
    (f"{{ha1: {SECRET}}}", "secret-literal"),
    (f"{{{SECRET}: }}", "secret-literal"),
    (f"{{env: 'x {SECRET}'}}", "secret-source"),
    (f"{{env: [{SECRET}]}}", "secret-source"),
    (f"{{env: {{a: {SECRET}}}}}", "secret-source"),
    (f"{{env: A, file: {SECRET}}}", "secret-source"),
    (f"{{env: A, value: {SECRET}}}", "secret-source"),
    ("{}", "secret-source"),
    ("{env: }", "secret-source"),
    ("{env: ''}", "secret-source"),
    ("{file: ''}", "secret-source"),
    ("{file: ../../etc/shadow}", "secret-source"),
    ("{file: a/../b}", "secret-source"),
    ("{file: secrets/}", "secret-source"),
    ('{file: "a\\nb"}', "secret-source"),
    ("", "missing-field"),
]


def manifest(password: str) -> str:
    return extension("acme", "101").replace("{env: P}", password)


@pytest.mark.parametrize(("written", "source"), SOURCES)
def test_a_reference_is_read(written: str, source: EnvSecret | FileSecret) -> None:
    [resource] = parse_file("f", manifest(written)).resources
    assert isinstance(resource.spec, ExtensionSpec)
    assert resource.spec.password == source


@pytest.mark.parametrize(("written", "rule"), REFUSED, ids=[row[0] or "empty" for row in REFUSED])
def test_anything_else_is_refused_and_never_shown(written: str, rule: str) -> None:
    [problem] = parse_file("f", manifest(written)).problems
    assert problem.rule == rule
    assert problem.mark.line == 5
    assert "{env: " in problem.hint or "{file: " in problem.hint
    for shown in (str(problem), str(problem.as_json())):
        assert "hunter2" not in shown
        assert "1234567" not in shown


def test_a_misspelt_field_does_not_show_its_value() -> None:
    problems = parse_file("f", manifest("{env: P}") + f"  pasword: {SECRET}\n").problems
    assert [problem.hint for problem in problems] == ['did you mean "password"?']
    assert "hunter2" not in str(problems)
