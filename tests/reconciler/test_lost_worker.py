"""The child ends at the worst moments of an order: it is obeyed all the same, once, or refused and nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import OrderRefused, WorkerLost
from reconciler.loop import PROBATION_S
from reconciler.views import Reason
from tests.support.following_server import Dies, Server, run
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

APPROVED = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"
ACME = (tenant("acme"), extension("acme", "101"))
EDITED = {"101": "101", "102": "102"}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    server = Server(tmp_path)
    server.folder.write("system.yaml", documents(LISTENER, APPROVED))
    server.folder.write("acme.yaml", *ACME)
    server.round()
    server.approve()
    server.folder.write("acme.yaml", *ACME, extension("acme", "102"))
    server.round()
    return server


def story(server: Server) -> list[tuple[object, object, object]]:
    return [(one["sequence"], one["trigger"], one["author"]) for one in server.revisions()]


@pytest.mark.parametrize("moment", Dies)
def test_an_approval_is_obeyed_once(server: Server, moment: Dies) -> None:
    digest = server.plan().digest
    server.worker.dies = moment
    server.approve(digest=digest)
    for _ in range(2):
        server.round()
        assert server.extensions("acme") == EDITED
    assert story(server) == [(2, "approved", "ada"), (1, "approved", "ada")]
    server.restart()
    server.round()
    assert server.extensions("acme") == EDITED
    assert server.reconciler.status().proposal is None


@pytest.mark.parametrize("moment", Dies)
def test_going_back_stays(server: Server, moment: Dies) -> None:
    server.approve()
    digest = server.plan(1).digest
    server.worker.dies = moment
    server.go_back(1, digest=digest)
    for _ in range(2):
        server.round()
        assert server.extensions("acme") == {"101": "101"}
    assert server.reason("acme") is Reason.SUSPENDED
    assert [sequence for sequence, _, _ in story(server)] == [3, 2, 1]


@pytest.mark.parametrize("moment", Dies)
def test_what_fails_in_its_first_minute_goes_back(server: Server, moment: Dies) -> None:
    server.folder.write("acme.yaml", *ACME)
    server.folder.write("system.yaml", documents(LISTENER.replace("5070", "5072"), APPROVED))
    server.approve()
    server.engine.problems["phones"] = "192.0.2.1 is no longer an address of this machine"
    server.monotonic += PROBATION_S - 1
    server.worker.dies = moment
    run(server.reconciler.check_health())
    server.engine.problems.clear()
    server.round()
    assert server.engine.snapshot.listeners["phones"].port == 5070
    assert server.reason("") is Reason.FELL_BACK


def test_an_approval_that_an_edit_overtook_changes_nothing(server: Server) -> None:
    """The engine had taken the plan; by the time a new child is told, the manifests say something else."""
    digest = server.plan().digest
    server.worker.dies = Dies.AT_COMMIT
    taken = server.engine.apply

    async def overtaken(*given: object) -> object:
        server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
        return await taken(*given)  # type: ignore[arg-type]  # handed on as they came

    server.engine.apply = overtaken  # type: ignore[method-assign, assignment]
    with pytest.raises(OrderRefused, match="another by now"):
        server.approve(digest=digest)
    assert server.extensions("acme") == {"101": "101"}
    assert story(server) == [(1, "approved", "ada")]


def test_a_child_that_keeps_ending_is_told_of(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = server.plan().digest

    def ends(*_: object) -> None:
        raise WorkerLost("the worker process ended (exit status -9); it is started again")

    monkeypatch.setattr(server.worker, "_reach", ends)
    with pytest.raises(WorkerLost):
        server.approve(digest=digest)
    assert server.extensions("acme") == {"101": "101"}
