"""Secrets of webhooks: without them the tenant stays as it is, a bad one is told, a new one is no new revision; none is ever shown."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from engine.config.secret import SecretRef
from reconciler.secrets.signing import SigningFault, signing_fault
from reconciler.views import ConditionType, Reason
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER

GOOD = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()
ACME = """\
apiVersion: trunkline/v1
kind: Tenant
metadata: {name: acme}
spec:
  domain: acme.example
  webhooks:
    cdr:
      url: https://crm.example.com/calls
      auth: {digest: {user: pbx, password: {env: CRM}}}
      signingSecret: {env: SIGNING}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.folder.write("system.yaml", LISTENER)
    started.folder.write("acme.yaml", ACME)
    started.environ |= {"CRM": "geheim", "SIGNING": GOOD}
    return started


def warnings(server: Server) -> list[str]:
    server.round()
    return [f"{warning.rule} {warning.message}" for warning in server.reconciler.status().warnings]


def test_both_secrets_reach_the_engine(server: Server) -> None:
    assert warnings(server) == []
    assert server.reason("acme") is Reason.IN_SYNC
    assert server.engine.secrets.get(SecretRef("env:CRM")) == "geheim"
    assert server.engine.secrets.get(SecretRef("env:SIGNING")) == GOOD


@pytest.mark.parametrize(
    ("name", "where", "line"),
    [("CRM", "spec.webhooks.cdr.auth.digest.password", 9), ("SIGNING", "spec.webhooks.cdr.signingSecret", 10)],
)
def test_without_one_the_tenant_does_not_run_and_it_says_which(
    server: Server, name: str, where: str, line: int
) -> None:
    del server.environ[name]
    server.round()
    [unit] = [unit for unit in server.reconciler.status().units if unit.unit == "acme"]
    assert server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING
    [told] = map(str, unit.problems)
    assert told.startswith(f"acme.yaml:{line}:")
    assert f"Tenant acme has no secret for {where}, as environment variable {name} is not set" in told
    assert "geheim" not in told


def test_a_rotation_is_no_new_revision(server: Server) -> None:
    server.round()
    before = server.engine.snapshot.revision
    server.environ["CRM"] = "neu"
    server.round()
    assert server.engine.secrets.get(SecretRef("env:CRM")) == "neu"
    assert server.engine.snapshot.revision == before


def test_a_bad_signing_secret_is_told(server: Server) -> None:
    where = "spec.webhooks.cdr.signingSecret"
    server.environ["SIGNING"] = "whsec_geheim!"
    assert warnings(server) == [
        f"secret-weak Tenant acme can't sign with {where}: it begins with whsec_, and what follows is no base64"
    ]
    server.environ["SIGNING"] = "geheim"
    assert warnings(server) == [f"secret-weak Tenant acme signs with a secret that is too short to be safe, at {where}"]


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        (GOOD, None),
        ("x" * 24, None),
        ("x" * 23, SigningFault.SHORT),
        ("whsec_" + b64encode(b"x" * 23).decode(), SigningFault.SHORT),
        ("whsec_", SigningFault.NO_BASE64),
        ("whsec_abc", SigningFault.NO_BASE64),
        ("whsec_a b=", SigningFault.NO_BASE64),
        ("whsec_\xe9", SigningFault.NO_BASE64),
    ],
)
def test_what_can_be_signed_with(secret: str, fault: SigningFault | None) -> None:
    assert signing_fault(secret) is fault
