"""Secrets of what is not carried out yet: one that is missing is said, and holds nobody back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from engine.config.ref import ConfigRef
from reconciler.compile.registry import compile_resource
from reconciler.declared_secrets import KEY_FIELD, named_secrets, shared_problems
from reconciler.secrets.need import secrets_of
from reconciler.views import ConditionType, Reason
from schema.manifest_set import parse_file
from schema.registry import KINDS
from schema.secret_source import AnySecret
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant

STRONG = "7Kq9vT2mZp4W-Wb81-xVnq"
SOURCES = {
    "env": ("{env: MAIL_PW}", "environment variable MAIL_PW is not set"),
    "file": ("{file: secrets/mail}", "does not exist"),
    "sops": ("{sops: secrets/mail.sops.yaml, key: mail}", "is not beside the manifests"),
    "age": ("{age: secrets/mail.age}", "is not beside the manifests"),
}


def mail_server(source: str) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: MailServer
metadata: {{tenant: acme, name: mail}}
spec:
  server: mail.acme.example
  replyAddress: pbx@acme.example
  user: pbx
  password: {source}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.environ |= {"PW": STRONG}
    started.folder.write("system.yaml", LISTENER)
    return started


def told(server: Server) -> list[str]:
    server.round()
    return [
        f"{warning.severity} {warning.rule} {warning.file}:{warning.line} {warning.message}"
        for warning in server.reconciler.status().warnings
        if warning.rule == "secret-missing"
    ]


def ready(server: Server, ref: ConfigRef) -> tuple[Reason, str]:
    found = server.reconciler.conditions(ref)
    return next((one.reason, one.message) for one in found if one.type is ConditionType.READY)


@pytest.mark.parametrize(("source", "words"), SOURCES.values(), ids=SOURCES)
def test_a_missing_one_is_told_at_its_line_and_holds_nobody_back(server: Server, source: str, words: str) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), mail_server(source))
    [warning] = told(server)
    assert warning.startswith("warning secret-missing acme.yaml:")
    assert "MailServer acme/mail has no secret for spec.password, as " in warning
    assert server.reason("acme") is Reason.IN_SYNC
    reason, message = ready(server, ConfigRef("acme", "MailServer", "mail"))
    assert reason is Reason.SECRET_MISSING
    assert message.startswith("spec.password has no secret, as ")
    assert words in message


def test_it_is_noticed_when_it_comes_and_when_it_goes(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), mail_server("{env: MAIL_PW}"))
    ref = ConfigRef("acme", "MailServer", "mail")
    assert len(told(server)) == 1
    server.environ["MAIL_PW"] = "hunter2"
    assert told(server) == []
    assert ready(server, ref)[0] is Reason.NOT_SUPPORTED_YET
    del server.environ["MAIL_PW"]
    assert len(told(server)) == 1
    assert "hunter2" not in str(server.reconciler.status())


def test_one_of_an_extension_does_not_stop_it(server: Server) -> None:
    """PINs are for voicemail; calls go on."""
    server.folder.write(
        "acme.yaml",
        tenant("acme"),
        extension("acme", "101").replace("{env: PW}", "{env: PW}, voicemail: {pin: {file: secrets/pin-101}}"),
    )
    [warning] = told(server)
    assert "Extension acme/101 has no secret for spec.voicemail.pin" in warning
    assert ready(server, ConfigRef("acme", "Extension", "101"))[0] is not Reason.SECRET_MISSING


OF_TWO = {
    "a variable": ("{env: PW}", "{env: PW}", True),
    "a value of a file": ("{sops: a.sops.yaml, key: x}", "{sops: a.sops.yaml, key: x}", True),
    "two values of a file": ("{sops: a.sops.yaml, key: x}", "{sops: a.sops.yaml, key: y}", False),
    "two files": ("{file: secrets/a}", "{file: secrets/b}", False),
}


@pytest.mark.parametrize(("one", "other", "is_told"), OF_TWO.values(), ids=OF_TWO)
def test_a_secret_of_two_tenants_is_told_without_the_name_of_the_other(one: str, other: str, is_told: bool) -> None:
    text = "---\n".join(
        [
            extension("acme", "101").replace("{env: PW}", one),
            extension("acme", "102").replace("{env: PW}", one),
            extension("globex", "201").replace("{env: PW}", other),
        ]
    )
    found = list(shared_problems(named_secrets(parse_file("a.yaml", text.encode()).resources)))
    assert len(found) == is_told
    for problem in found:
        assert problem.rule == "secret-shared"
        assert problem.message.startswith("Extension globex/201 names the secret ")
        assert problem.mark.line > 10
        assert "acme" not in problem.message


def test_it_is_told_of_what_runs_and_holds_nobody_back(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    server.folder.write("globex.yaml", tenant("globex"), extension("globex", "101"))
    server.round()
    assert [one.rule for one in server.reconciler.status().warnings if one.rule == "secret-shared"] == ["secret-shared"]
    assert server.reason("globex") is Reason.IN_SYNC


def test_what_is_needed_is_what_the_engine_is_given() -> None:
    """Told by the path, without compiling."""
    found = 0
    for path in sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml")):
        for resource in parse_file(path.name, path.read_bytes()).resources:
            if resource.ref.kind in ("Extension", "Trunk", "Tenant"):
                needed = {one.ref for one in named_secrets([resource]) if one.is_needed}
                assert needed == set(secrets_of(compile_resource(resource))), resource.ref
                found += len(needed)
    assert found > 20


def test_fields_for_private_keys_have_one_name() -> None:
    """By which they are told from passwords, which are one line."""
    of_keys = {
        name
        for kind in KINDS.values()
        for name, description in _secrets(kind.model.model_fields["spec"].annotation)
        if "in PEM" in description
    }
    assert of_keys == {KEY_FIELD}


def _secrets(model: object) -> Iterator[tuple[str, str]]:
    """The fields of a model that hold secrets, as they are written, with what they are for."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if any(source in get_args(field.annotation) for source in get_args(AnySecret)):
                yield field.alias or name, field.description or ""
            yield from _secrets(field.annotation)
    else:
        for one in get_args(model):
            yield from _secrets(one)
