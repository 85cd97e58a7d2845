"""The reconciler with a fake engine and the child's work done in this process: what is applied, kept, said, tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef
from reconciler.ports import ResourceFilter
from reconciler.restore import restore
from reconciler.secrets.resolver import Resolver
from reconciler.views import ConditionType, Reason
from tests.support.following_server import KEY, Server
from tests.support.manifest_folder import LISTENER, extension, tenant


@pytest.fixture
def server(tmp_path: Path) -> Server:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "201"))
    assert server.round()
    return server


def test_the_first_round_applies_all(server: Server) -> None:
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"201": "201"}
    assert list(server.engine.snapshot.listeners) == ["phones"]
    assert server.engine.secrets.get(SecretRef("env:PW")) == "one"
    assert server.reason("acme") is Reason.IN_SYNC


def test_a_round_without_a_change_touches_nothing(server: Server) -> None:
    for _ in range(3):
        assert server.round()
    assert len(server.engine.applied) == 1
    assert len(server.reconciler.status().history) == 1


def test_an_edit_changes_its_tenant_and_shares_the_others(server: Server) -> None:
    before = server.engine.snapshot
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101", display="Ada"), extension("acme", "103"))
    server.round()
    after = server.engine.snapshot
    assert server.extensions("acme") == {"101": "Ada", "103": "103"}
    assert after.tenants["beta"] is before.tenants["beta"]
    assert after.revision != before.revision
    entry = server.reconciler.status().history[0]
    assert (entry.changed, entry.units, entry.result) == (3, ("acme",), Reason.IN_SYNC)


def test_a_broken_tenant_stays_and_the_others_move_on(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101", display="New") + "  colour: red\n")
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "201", display="Moved"))
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"201": "Moved"}
    unit = server.unit("acme")
    assert (unit.attempted, unit.applied) == (None, server.engine.snapshot.tenants["acme"].revision)
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT
    assert server.reason("acme", ConditionType.ACCEPTED) is Reason.INVALID
    assert unit.problems
    assert unit.problems[0].file == "acme.yaml"
    assert server.reason("beta") is Reason.IN_SYNC


def test_a_broken_tenant_stays_also_after_a_restart_and_says_why(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), "kind: [")
    server.round()
    restored = server.restart()
    assert restored is not None
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT
    assert server.unit("acme").problem_count > 0
    assert not server.engine.applied  # what was restored is what shall run


def test_a_restart_goes_on_from_the_source(server: Server) -> None:
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "209"))
    server.restart()
    server.round()
    assert server.extensions("beta") == {"209": "209"}


def test_a_restart_without_the_cache_compiles_what_was_applied(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), "kind: [")
    server.round()
    (server.base / "state" / "compiled.json").write_bytes(b"garbage")
    assert server.restart() is None
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT


def test_a_restart_with_the_source_gone_serves_what_was_applied(server: Server) -> None:
    (server.base / "state" / "compiled.json").unlink()
    server.folder.root.rename(server.base / "elsewhere")
    server.restart()
    server.round()
    assert server.extensions("beta") == {"201": "201"}
    assert server.reason("beta", ConditionType.ACCEPTED) is Reason.SOURCE_UNAVAILABLE


@pytest.mark.parametrize("damage", ["blob", "applied"])
def test_damaged_state_never_removes_what_runs(server: Server, damage: str) -> None:
    restored = restore(server.base / "state", Resolver(server.base, server.environ, KEY))
    assert restored is not None
    if damage == "blob":
        for blob in (server.base / "state" / "blobs").glob("??/*"):
            blob.write_bytes(b"damaged")
    else:
        (server.base / "state" / "applied.json").write_bytes(b"{")
    server.folder.write("acme.yaml", tenant("acme"), "kind: [")
    server.start(restored)
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"201": "201"}
    server.folder.root.rename(server.base / "elsewhere")
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"201": "201"}


def test_a_tenant_whose_files_are_gone_stays_until_that_is_confirmed(server: Server) -> None:
    server.folder.remove("beta.yaml")
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "103"))
    server.round()
    assert server.extensions("beta") == {"201": "201"}
    assert server.extensions("acme") == {"101": "101", "103": "103"}
    assert server.reason("beta") is Reason.UNSAFE
    assert server.reason("acme") is Reason.IN_SYNC
    server.approve("tenant-deleted:beta")
    assert server.extensions("beta") is None
    assert server.reconciler.status().history[0].units == ("beta",)


@pytest.mark.parametrize("how", ["vanished", "empty", "no manifests"])
def test_a_folder_without_manifests_deletes_nothing(server: Server, how: str) -> None:
    if how == "vanished":
        server.folder.root.rename(server.base / "elsewhere")
    else:
        for path in server.folder.root.iterdir():
            path.unlink()
        if how == "no manifests":
            (server.folder.root / "README.md").write_text("gone", encoding="utf-8")
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"201": "201"}
    status = server.reconciler.status()
    assert status.source_problem is not None
    assert server.reason("beta", ConditionType.ACCEPTED) is Reason.SOURCE_UNAVAILABLE


@pytest.mark.parametrize("content", ["", "\n\n", "\0\0\0\0"])
def test_a_file_that_is_suddenly_blank_is_half_a_save(server: Server, content: str) -> None:
    server.folder.write("beta.yaml", content)
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("beta") == {"201": "201"}
    assert server.extensions("acme") == {"109": "109"}
    assert server.reason("beta") is Reason.LAST_GOOD_KEPT


def test_a_new_unreadable_file_holds_the_round_back(server: Server) -> None:
    server.folder.write("new.yaml", "%&[")
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme", ConditionType.ACCEPTED) is Reason.ROUND_HELD_BACK


def test_a_fault_in_the_system_holds_the_round_back(server: Server) -> None:
    server.folder.write("system.yaml", LISTENER.replace("5070", "0"))
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("") is Reason.LAST_GOOD_KEPT
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT


def test_a_link_that_leads_nowhere_holds_back_whose_file_it_was(server: Server) -> None:
    server.folder.remove("beta.yaml")
    (server.folder.root / "beta.yaml").symlink_to("nowhere.yaml")
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("beta") == {"201": "201"}
    assert server.extensions("acme") == {"109": "109"}


def test_a_missing_secret_holds_back_its_tenant_only(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101", env="NOWHERE"))
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "202", env="PW2"))
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.extensions("beta") == {"202": "202"}
    assert server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING
    problem = server.unit("acme").problems[0]
    assert (problem.file, problem.line, problem.rule) == ("acme.yaml", 9, "secret-missing")
    assert "NOWHERE is not set" in problem.message
    server.environ["NOWHERE"] = "here"
    server.round()
    assert server.extensions("acme") == {"101": "101"}
    assert server.engine.secrets.get(SecretRef("env:NOWHERE")) == "here"


def test_a_rotated_secret_changes_the_map_and_no_revision(server: Server) -> None:
    before = server.engine.snapshot
    server.environ["PW"] = "rotated"
    server.round()
    assert server.engine.secrets.get(SecretRef("env:PW")) == "rotated"
    assert server.engine.snapshot.revision == before.revision
    assert server.engine.snapshot.tenants["acme"] is before.tenants["acme"]


def test_a_secret_that_is_taken_away_locks_who_used_it(server: Server) -> None:
    del server.environ["PW"]
    server.round()
    locked = server.engine.secrets.get(SecretRef("env:PW"))
    assert locked is not None
    assert len(locked) > 30
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING
    server.environ["PW"] = "one"
    server.round()
    assert server.engine.secrets.get(SecretRef("env:PW")) == "one"
    assert server.reason("acme") is Reason.IN_SYNC


def test_moved_lines_move_origins_and_nothing_else(server: Server) -> None:
    before = server.engine.snapshot
    server.folder.write("beta.yaml", "# a remark\n" + tenant("beta"), extension("beta", "201"))
    server.round()
    after = server.engine.snapshot
    ref = ConfigRef("beta", "Extension", "201")
    assert (before.origin(ref), after.origin(ref)) == (("beta.yaml", 6), ("beta.yaml", 7))
    assert after.revision == before.revision
    assert len(server.reconciler.status().history) == 1
    server.restart()
    assert server.engine.snapshot.origin(ref) == ("beta.yaml", 7)


def test_a_refused_round_changes_nothing_and_is_tried_again(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.engine.refuse = ("Listener phones: port 5070 is in use",)
    assert not server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme") is Reason.PREPARE_REFUSED
    assert server.reason("beta") is Reason.IN_SYNC
    assert not server.round()
    assert [entry.result for entry in server.reconciler.status().history] == [Reason.PREPARE_REFUSED, Reason.IN_SYNC]
    server.engine.refuse = ()
    assert server.round()
    assert server.extensions("acme") == {"109": "109"}
    assert server.reason("acme") is Reason.IN_SYNC


def test_two_extensions_swap_their_numbers(server: Server) -> None:
    server.folder.write(
        "acme.yaml", tenant("acme"), extension("acme", "102", name="101"), extension("acme", "101", name="102")
    )
    server.round()
    found = server.engine.snapshot.tenants["acme"]
    assert {number: value.name for number, value in found.extensions.items()} == {"101": "102", "102": "101"}
    assert {user: value.name for user, value in found.by_auth_user.items()} == {"101": "102", "102": "101"}


def test_an_engine_that_lost_a_tenant_gets_it_back(server: Server) -> None:
    whole = server.engine.snapshot
    server.engine.snapshot = type(whole).build(
        system=whole.system, listeners=whole.listeners.values(), tenants=[whole.tenants["beta"]], origins=whole.origins
    )
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}


def test_a_full_disk_is_told_and_does_not_stop_anything(server: Server) -> None:
    state = server.base / "state"
    state.rename(server.base / "old")
    state.write_text("a file is in the way", encoding="utf-8")
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "209"))
    assert server.round()
    assert server.extensions("beta") == {"209": "209"}
    assert "can't be kept on disk" in (server.reconciler.status().state_problem or "")
    state.unlink()
    (server.base / "old").rename(state)
    server.round()
    assert server.reconciler.status().state_problem is None


def test_resources_that_wait_are_listed_with_the_reason(server: Server) -> None:
    server.folder.write("gamma.yaml", tenant("gamma"), extension("gamma", "301", env="NOWHERE"))
    server.round()
    waiting = [view for view in server.reconciler.resources(ResourceFilter()) if not view.applied]
    assert [(view.ref, view.reason) for view in waiting] == [
        (ConfigRef("gamma", "Extension", "301"), Reason.NEVER_ACCEPTED),
        (ConfigRef("gamma", "Tenant", "gamma"), Reason.NEVER_ACCEPTED),
    ]
    running = [view.ref for view in server.reconciler.resources(ResourceFilter()) if view.applied]
    assert ConfigRef("", "Listener", "phones") in running
    assert ConfigRef("acme", "Tenant", "acme") in running


def test_conditions_keep_the_moment_they_turned(server: Server) -> None:
    first = server.unit("acme").conditions
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "209"))
    server.round()
    assert server.unit("acme").conditions == first


def test_a_new_tenant_with_a_taken_domain_waits_and_its_owner_goes_on(server: Server) -> None:
    server.folder.write("thief.yaml", tenant("thief", "acme.example"), extension("thief", "901"))
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("thief") is None
    assert server.extensions("acme") == {"109": "109"}
    assert server.reason("thief") is Reason.NEVER_ACCEPTED


def test_two_tenants_swap_their_domains(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme", "beta.example"), extension("acme", "101"))
    server.folder.write("beta.yaml", tenant("beta", "acme.example"), extension("beta", "201"))
    server.round()
    assert server.engine.snapshot.by_domain == {"beta.example": "acme", "acme.example": "beta"}


def test_a_domain_of_a_tenant_without_its_secret_stays_taken(server: Server) -> None:
    """It is held back, so what it was keeps its domain, although its manifests give it up."""
    server.folder.write("acme.yaml", tenant("acme", "new.example"), extension("acme", "101", env="NOWHERE"))
    server.folder.write("thief.yaml", tenant("thief", "acme.example"), extension("thief", "901"))
    server.round()
    assert server.engine.snapshot.by_domain == {"acme.example": "acme", "beta.example": "beta"}
    server.environ["NOWHERE"] = "here"
    server.round()
    assert server.engine.snapshot.by_domain == {
        "new.example": "acme",
        "acme.example": "thief",
        "beta.example": "beta",
    }


def test_a_renamed_file_moves_origins_only(server: Server) -> None:
    before = server.engine.snapshot
    (server.folder.root / "beta.yaml").rename(server.folder.root / "b.yaml")
    server.round()
    assert server.engine.snapshot.revision == before.revision
    assert server.engine.snapshot.origin(ConfigRef("beta", "Tenant", "beta")) == ("b.yaml", 1)
    server.folder.write("b.yaml", tenant("beta"), "kind: [")
    server.round()
    assert server.extensions("beta") == {"201": "201"}


def test_a_tenant_in_several_files_stays_whole_when_one_breaks(server: Server) -> None:
    server.folder.write("more/beta.yaml", extension("beta", "202"))
    server.round()
    server.folder.write("more/beta.yaml", "kind: [")
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "203"))
    server.round()
    assert server.extensions("beta") == {"201": "201", "202": "202"}
    server.folder.remove("more/beta.yaml")
    server.round()
    assert server.extensions("beta") == {"203": "203"}


def test_an_unreadable_folder_holds_back_whose_files_were_in_it(server: Server) -> None:
    server.folder.write("more/beta.yaml", extension("beta", "202"))
    server.round()
    (server.folder.root / "more").rename(server.base / "more")
    (server.folder.root / "more").symlink_to("nowhere")
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "109"))
    server.round()
    assert server.extensions("beta") == {"201": "201", "202": "202"}
    assert server.extensions("acme") == {"109": "109"}
