"""What a running server says of its secrets: weak ones keep their phones working and are told, and only while they are weak."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.secret import SecretRef
from reconciler.views import Reason
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant

STRONG = "7Kq9vT2mZp4W"
OTHER = "Wb81-xVnq-02LsTe"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.folder.write("system.yaml", LISTENER)
    started.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102", env="PW2"))
    return started


def warnings(server: Server) -> list[str]:
    server.round()
    return [f"{warning.rule} {warning.message}" for warning in server.reconciler.status().warnings]


def test_strong_secrets_are_not_spoken_of(server: Server) -> None:
    server.environ |= {"PW": STRONG, "PW2": OTHER}
    assert warnings(server) == []


def test_a_weak_secret_is_a_warning_and_runs(server: Server) -> None:
    server.environ |= {"PW": "101", "PW2": OTHER}
    assert warnings(server) == ["secret-weak the password of Extension acme/101 can be guessed"]
    assert server.reason("acme") is Reason.IN_SYNC
    assert server.engine.secrets.get(SecretRef("env:PW")) == "101"
    assert all(w.severity == "warning" for w in server.reconciler.status().warnings)


def test_a_rotation_alone_brings_the_warning_and_takes_it_away(server: Server) -> None:
    server.environ |= {"PW": STRONG, "PW2": OTHER}
    assert warnings(server) == []
    server.environ["PW2"] = STRONG
    assert warnings(server) == ["secret-weak the password of Extension acme/102 is also that of Extension acme/101"]
    server.environ["PW2"] = OTHER
    assert warnings(server) == []


def test_an_exchange_of_manifests_changes_who_is_warned_of(server: Server) -> None:
    server.environ |= {"PW": "passw0rd", "PW2": OTHER}
    assert warnings(server) == ["secret-weak the password of Extension acme/101 can be guessed"]
    server.folder.write(
        "acme.yaml", tenant("acme"), extension("acme", "101", env="PW2"), extension("acme", "103", env="PW")
    )
    assert warnings(server) == ["secret-weak the password of Extension acme/103 can be guessed"]


def test_no_warning_holds_a_value(server: Server) -> None:
    server.environ |= {"PW": "hunter2xyz", "PW2": "hunter2xyz"}
    said = str(server.reconciler.status()) + str(warnings(server))
    assert "secret-weak" in said
    assert "hunter2" not in said
