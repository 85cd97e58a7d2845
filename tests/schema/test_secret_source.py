"""References to secrets; and that a secret written by mistake is never repeated in a message."""

import pytest

from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import parse_file
from schema.secret_source import AgeSecret, AnySecret, EnvSecret, FileSecret, SopsSecret
from tests.support.manifests import extension

SECRET = "hunter2-Tr0ub4dor"
SOURCES = [
    ("{env: SIP_PASSWORD_101}", EnvSecret("SIP_PASSWORD_101")),
    ("{file: secrets/101}", FileSecret("secrets/101")),
    ("{file: /run/secrets/101}", FileSecret("/run/secrets/101")),
    ("{file: 101}", FileSecret("101")),
    ("{sops: secrets/acme.sops.yaml, key: sip.101}", SopsSecret("secrets/acme.sops.yaml", "sip.101")),
    ("{key: 'a.\"b.c\".0', sops: x.yml}", SopsSecret("x.yml", 'a."b.c".0')),
    ("{sops: x.json, key: data}", SopsSecret("x.json", "data")),
    ("{sops: x.env, key: A_B}", SopsSecret("x.env", "A_B")),
    ("{age: secrets/101.age}", AgeSecret("secrets/101.age")),
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
    (f"{{sops: {SECRET}}}", "secret-source"),
    (f"{{sops: x.yaml, key: '{SECRET}.'}}", "secret-source"),
    (f"{{sops: x.yaml, key: 'a..{SECRET}'}}", "secret-source"),
    (f"{{sops: x.yaml, key: {'a' * 600}}}", "secret-source"),
    (f"{{sops: {SECRET}.txt, key: a}}", "secret-source"),
    (f"{{sops: /{SECRET}.yaml, key: a}}", "secret-source"),
    (f"{{sops: ../{SECRET}.yaml, key: a}}", "secret-source"),
    (f"{{sops: .hidden/{SECRET}.yaml, key: a}}", "secret-source"),
    (f"{{sops: 'a#{SECRET}.yaml', key: a}}", "secret-source"),
    (f"{{sops: a.yaml, key: [{SECRET}]}}", "secret-source"),
    (f"{{sops: a.yaml, value: {SECRET}}}", "secret-source"),
    (f"{{key: {SECRET}}}", "secret-literal"),
    (f"{{age: {SECRET}}}", "secret-source"),
    (f"{{age: /{SECRET}.age}}", "secret-source"),
    ("{age: x.age, key: a}", "secret-source"),
    ("", "missing-field"),
]


def manifest(password: str) -> str:
    return extension("acme", "101").replace("{env: P}", password)


@pytest.mark.parametrize(("written", "source"), SOURCES)
def test_a_reference_is_read(written: str, source: AnySecret) -> None:
    [resource] = parse_file("f", manifest(written)).resources
    assert isinstance(resource.spec, ExtensionSpec)
    assert resource.spec.password == source


@pytest.mark.parametrize(("written", "rule"), REFUSED, ids=[row[0] or "empty" for row in REFUSED])
def test_anything_else_is_refused_and_never_shown(written: str, rule: str) -> None:
    [problem] = parse_file("f", manifest(written)).problems
    assert problem.rule == rule
    assert problem.mark.line == 5
    assert any(form in problem.hint for form in ("{env: ", "{file: ", "{sops: ", "{age: ", "{key: "))
    for shown in (str(problem), str(problem.as_json())):
        assert "hunter2" not in shown
        assert "1234567" not in shown


def test_a_misspelt_field_does_not_show_its_value() -> None:
    problems = parse_file("f", manifest("{env: P}") + f"  pasword: {SECRET}\n").problems
    assert [problem.hint for problem in problems] == ['did you mean "password"?']
    assert "hunter2" not in str(problems)
