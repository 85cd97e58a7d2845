"""Passwords of administrators and of people are argon2id hashes: faults and twins."""

from __future__ import annotations

import pytest

from engine.config.secret import SecretRef
from reconciler.secrets.argon2id import new_hash
from reconciler.web_passwords import web_password_problems, web_passwords_named
from schema.manifest_set import parse_file

TEXT = """\
apiVersion: trunkline/v1
kind: Administrator
metadata: {name: jane}
spec: {login: jane, password: {file: secrets/jane}}
"""
REF = SecretRef("file:secrets/jane")


def lines(values: dict[SecretRef, str]) -> list[str]:
    return [str(problem) for problem in web_password_problems(parse_file("f", TEXT).resources, values)]


@pytest.mark.parametrize("value", ["admin", "", "5f4dcc3b5aa765d61d8327deb882cf99", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_is_told_and_not_shown(value: str) -> None:
    [line] = lines({REF: value})
    assert line.startswith(
        "f:4:31: warning: spec.password of Administrator jane is no argon2id hash; make one: trunkline"
    )
    assert line.endswith("[hash-unusable]")
    assert not value or value not in line


def test_a_hash_that_is_too_cheap_is_told() -> None:
    salt, digest = "c2FsdHNhbHRzYWx0", "A" * 43
    [line] = lines({REF: f"$argon2id$v=19$m=64,t=1,p=1${salt}${digest}"})
    assert "is too cheap to try (m=64,t=1)" in line


def test_twin() -> None:
    assert lines({REF: new_hash("correct horse")}) == []


def test_what_is_not_at_hand_is_not_judged() -> None:
    assert lines({}) == []


def test_what_is_looked_up() -> None:
    assert web_passwords_named(parse_file("f", TEXT).resources) == {REF}


def test_a_persons_web_password_is_one_too() -> None:
    text = (
        "apiVersion: trunkline/v1\nkind: Extension\nmetadata: {tenant: acme, name: '101'}\n"
        "spec: {password: {env: SIP}, webPassword: {env: WEB}}\n"
    )
    resources = parse_file("f", text).resources
    web = SecretRef("env:WEB")
    assert web_passwords_named(resources) == {web}
    [line] = web_password_problems(resources, {web: "letmein", SecretRef("env:SIP"): "no hash, and none is wanted"})
    assert str(line).startswith("f:4:43: warning: spec.webPassword of Extension acme/101 is no argon2id hash")
    assert list(web_password_problems(resources, {web: new_hash("correct horse")})) == []
