"""The story of examples/approved is true: each edit of its table, tried on a server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import OrderRefused
from reconciler.plan import Plan
from reconciler.plan_json import plan_from_json
from tests.support.following_server import Server, run

STORY = Path(__file__).resolve().parents[2] / "examples" / "approved"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    shutil.copytree(STORY, made.folder.root, dirs_exist_ok=True)
    (made.base / "secrets").mkdir(parents=True)
    for number in range(100, 104):
        secret = made.base / "secrets" / f"acme-{number}"
        secret.write_text(f"a-long-one-{number}-{number * 7919}")
        secret.chmod(0o600)
    made.round()
    assert made.extensions("acme") is None
    approve(made)
    assert sorted(made.extensions("acme") or {}) == ["100", "101", "102", "103"]
    return made


def plan(server: Server) -> Plan:
    import json

    server.round()
    return plan_from_json(json.loads(run(server.reconciler.plan()).plan))


def approve(server: Server, *confirmed: str) -> None:
    run(server.reconciler.approve(plan(server).digest, frozenset(confirmed), "ada"))


def edit(server: Server, path: str, change: Callable[[str], str]) -> None:
    file = server.folder.root / path
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


def without(number: str) -> Callable[[str], str]:
    return lambda text: "---\n".join(part for part in text.split("---\n") if f'"{number}"' not in part)


def test_an_edit_waits_and_goes_when_it_is_restored(server: Server) -> None:
    edit(server, "acme.yaml", lambda text: text.replace("Ada", "Ada L"))
    assert len(plan(server).changes) == 1
    assert (server.extensions("acme") or {})["101"] == "Ada"
    edit(server, "acme.yaml", lambda text: text.replace("Ada L", "Ada"))
    assert plan(server).is_empty


def test_a_deletion_over_the_limit_is_confirmed_by_name(server: Server) -> None:
    edit(server, "acme.yaml", without("103"))
    assert [breach.id for breach in plan(server).breaches] == ["resources-deleted:acme"]
    with pytest.raises(OrderRefused, match="resources-deleted:acme"):
        approve(server)
    approve(server, "resources-deleted:acme")
    assert "103" not in (server.extensions("acme") or {})


def test_what_is_protected_stays(server: Server) -> None:
    edit(server, "acme.yaml", without("100"))
    protected = [breach for breach in plan(server).breaches if not breach.is_confirmable]
    assert [breach.id for breach in protected] == ["protected:acme/Extension/100"]
    with pytest.raises(OrderRefused, match="protected"):
        approve(server, *(breach.id for breach in plan(server).breaches))


def test_turning_approval_off_has_to_be_approved(server: Server) -> None:
    edit(server, "system.yaml", lambda text: text.replace("apply: approved", "apply: auto"))
    assert [field.path for change in plan(server).changes for field in change.fields] == ["spec.apply"]
    view = server.reconciler.status()
    assert view.proposal is not None
