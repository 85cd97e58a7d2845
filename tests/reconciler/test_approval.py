"""Who applies: plans that wait for approval, limits that are confirmed by name, following that rests, going back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.config.ref import ConfigRef, Revision
from engine.views import TrunkState, TrunkView
from reconciler.compile.catalog import compile_unit
from reconciler.errors import OrderRefused, Unknown
from reconciler.ground import Ground
from reconciler.loop import PROBATION_S
from reconciler.plan import SHORT
from reconciler.source.commit import GitCommit
from reconciler.state import SYSTEM_UNIT, DesiredState
from reconciler.views import AppliedView, ConditionType, Reason
from schema.manifest_set import load
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, documents, extension, tenant
from tests.support.manifests import resource


def system(spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: System\nmetadata: {{name: system}}\nspec: {{{spec}}}\n"


ACME = (tenant("acme"), extension("acme", "101"), extension("acme", "102"))
TWELVE = [str(number) for number in range(301, 313)]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Applies by itself."""
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", *ACME)
    server.folder.write("beta.yaml", tenant("beta"), *(extension("beta", number) for number in TWELVE))
    assert server.round()
    return server


@pytest.fixture
def careful(server: Server) -> Server:
    """Waits for approval."""
    server.folder.write("system.yaml", documents(LISTENER, system("apply: approved")))
    server.round()
    return server


def edit(server: Server) -> None:
    server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    server.round()


# Approval


def test_what_needs_approval_waits_and_says_so(careful: Server) -> None:
    edit(careful)
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    assert careful.reason("acme") is Reason.AWAITING_APPROVAL
    assert careful.reason("acme", ConditionType.ACCEPTED) is Reason.AWAITING_APPROVAL
    assert careful.reason("acme", ConditionType.STALLED) is Reason.AWAITING_APPROVAL
    assert careful.reason("beta") is Reason.IN_SYNC
    proposal = careful.waiting()
    assert (proposal.digest, proposal.reason, proposal.breaches) == (
        careful.plan().digest,
        Reason.AWAITING_APPROVAL,
        (),
    )


def test_the_approved_plan_is_applied(careful: Server) -> None:
    edit(careful)
    planned = careful.plan()
    done = careful.approve()
    assert careful.extensions("acme") == {"101": "101", "102": "102", "103": "103"}
    assert done.revision == planned.after == careful.engine.snapshot.revision
    assert careful.reconciler.status().proposal is None
    assert careful.reason("acme") is Reason.IN_SYNC
    newest = careful.revisions()[0]
    assert (newest["sequence"], newest["trigger"], newest["author"]) == (done.sequence, "approved", "ada")
    assert (newest["digest"], newest["changes"]) == (planned.digest, {"create": 1, "update": 0, "delete": 0})


@pytest.mark.parametrize("digest", ["0" * 64, "", "0" * SHORT])
def test_another_digest_applies_nothing(careful: Server, digest: str) -> None:
    edit(careful)
    with pytest.raises(OrderRefused, match="the plan is another by now: its digest is"):
        run(careful.reconciler.approve(digest, frozenset(), "eve"))
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    assert careful.reason("acme") is Reason.AWAITING_APPROVAL


def test_the_revision_that_is_named_has_to_be_the_one_it_leads_to(careful: Server) -> None:
    edit(careful)
    planned = careful.plan()
    with pytest.raises(OrderRefused, match=f"the plan leads to revision {planned.after[:SHORT]}, not to 000000000000"):
        run(careful.reconciler.approve(planned.digest, frozenset(), "ada", "0" * 64))
    run(careful.reconciler.approve(planned.digest, frozenset(), "ada", planned.after))
    assert careful.engine.snapshot.revision == planned.after


def test_the_beginning_of_a_digest_names_it(careful: Server) -> None:
    edit(careful)
    careful.approve(digest=careful.plan().digest[:SHORT])
    assert "103" in (careful.extensions("acme") or {})


def test_a_plan_that_was_approved_already_is_not_applied_twice(careful: Server) -> None:
    edit(careful)
    digest = careful.plan().digest
    careful.approve(digest=digest)
    with pytest.raises(OrderRefused, match="there is nothing to apply"):
        careful.approve(digest=digest)


def test_of_two_who_approve_at_once_one_does_it(careful: Server) -> None:
    edit(careful)
    digest = careful.plan().digest

    async def both() -> list[object]:
        orders = [careful.reconciler.approve(digest, frozenset(), who) for who in ("ada", "grace")]
        return list(await asyncio.gather(*orders, careful.reconciler.round(), return_exceptions=True))

    first, second, _ = run(both())
    assert isinstance(first, AppliedView)
    assert isinstance(second, OrderRefused)
    assert careful.revisions()[0]["author"] == "ada"
    assert len([one for one in careful.revisions() if one["trigger"] == "approved"]) == 1


def test_an_edit_after_the_plan_needs_another_look(careful: Server) -> None:
    edit(careful)
    digest = careful.plan().digest
    careful.folder.write("acme.yaml", *ACME, extension("acme", "103"), extension("acme", "104"))
    with pytest.raises(OrderRefused, match="another by now"):
        careful.approve(digest=digest)
    assert careful.extensions("acme") == {"101": "101", "102": "102"}


def test_a_restart_forgets_neither_what_runs_nor_what_waits(careful: Server) -> None:
    edit(careful)
    before = careful.waiting()
    assert careful.restart() is not None
    assert careful.round()
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    assert careful.waiting() == before


def test_turning_approval_off_has_to_be_approved(careful: Server) -> None:
    careful.folder.write("system.yaml", LISTENER)
    edit(careful)
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    careful.approve()
    careful.folder.write("acme.yaml", *ACME)
    careful.round()
    assert careful.extensions("acme") == {"101": "101", "102": "102"}


def test_a_first_revision_waits_too(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.folder.write("pbx.yaml", LISTENER, system("apply: approved"), *ACME)
    server.round()
    assert not server.engine.snapshot.tenants
    assert server.waiting().reason is Reason.AWAITING_APPROVAL
    server.approve()
    assert server.extensions("acme") == {"101": "101", "102": "102"}


def test_lines_that_move_need_no_approval(careful: Server) -> None:
    careful.folder.write("acme.yaml", "# a remark\n" + ACME[0], *ACME[1:])
    careful.round()
    assert careful.engine.snapshot.origin(ConfigRef("acme", "Tenant", "acme")) == ("acme.yaml", 2)
    assert careful.reconciler.status().proposal is None


def test_a_faulty_tenant_does_not_hold_up_the_plan_of_the_others(careful: Server) -> None:
    careful.folder.write("beta.yaml", tenant("beta"), "kind: [")
    edit(careful)
    (held,) = careful.plan().held
    assert (held.unit, held.problems) == ("beta", 1)
    careful.approve()
    assert "103" in (careful.extensions("acme") or {})
    assert careful.reason("beta") is Reason.LAST_GOOD_KEPT


def test_an_engine_that_refuses_leaves_the_plan_waiting(careful: Server) -> None:
    edit(careful)
    careful.engine.refuse = ("Listener phones: port 5070 is in use",)
    with pytest.raises(OrderRefused, match="the engine can't take it: Listener phones: port 5070 is in use"):
        careful.approve()
    careful.engine.refuse = ()
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    careful.approve()
    assert "103" in (careful.extensions("acme") or {})


# Limits


def test_a_tenant_over_its_limit_waits_and_the_others_move_on(server: Server) -> None:
    server.folder.write("beta.yaml", tenant("beta"), *(extension("beta", number) for number in TWELVE[:6]))
    edit(server)
    assert len(server.extensions("beta") or {}) == 12
    assert "103" in (server.extensions("acme") or {})
    assert server.reason("beta") is Reason.UNSAFE
    assert "extensions-deleted:beta" in server.waiting().breaches
    problem = server.unit("beta").problems[0]
    assert problem.rule == "unsafe-change"
    assert "6 of 12 extensions would be deleted, more than 30 %" in problem.message


def test_every_breach_has_to_be_confirmed_by_its_name(server: Server) -> None:
    server.folder.write("beta.yaml", tenant("beta"), *(extension("beta", number) for number in TWELVE[:6]))
    server.round()
    names = server.waiting().breaches
    assert len(names) > 1
    for confirmed in ((), names[:1], ("tenant-deleted:beta",)):
        with pytest.raises(OrderRefused, match="would be deleted"):
            server.approve(*confirmed)
    assert len(server.extensions("beta") or {}) == 12
    server.approve(*names)
    assert len(server.extensions("beta") or {}) == 6


def test_a_file_restored_leaves_nothing_waiting(server: Server) -> None:
    text = (server.folder.root / "beta.yaml").read_text(encoding="utf-8")
    server.folder.remove("beta.yaml")
    server.round()
    assert server.waiting().breaches == (
        "extensions-deleted",
        "numbers-deleted",
        "resources-deleted",
        "tenant-deleted:beta",
    )
    server.folder.write("beta.yaml", text)
    server.round()
    assert server.reconciler.status().proposal is None
    assert server.reason("beta") is Reason.IN_SYNC


def test_protection_lives_in_what_runs(server: Server) -> None:
    safe = extension("acme", "101").replace("metadata: {", "metadata: {deletionProtection: true, ", 1)
    server.folder.write("acme.yaml", tenant("acme"), safe, extension("acme", "102"))
    server.round()
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "102"))
    server.restart()
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    with pytest.raises(OrderRefused, match="is protected"):
        server.approve("protected:acme/Extension/101")
    server.folder.write("acme.yaml", *ACME)
    server.round()
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "102"))
    server.round()
    assert server.extensions("acme") == {"102": "102"}


def test_the_domain_of_a_tenant_that_stays_can_not_be_taken(server: Server) -> None:
    server.folder.remove("acme.yaml")
    server.folder.write("thief.yaml", tenant("thief", "acme.example"), extension("thief", "901"))
    server.round()
    assert server.engine.snapshot.by_domain["acme.example"] == "acme"
    assert server.extensions("thief") is None
    server.approve("tenant-deleted:acme")
    assert server.engine.snapshot.by_domain["acme.example"] == "thief"


# Resting


def test_following_rests_until_it_is_resumed_also_over_a_restart(server: Server) -> None:
    run(server.reconciler.suspend("ada", "release day"))
    edit(server)
    assert "103" not in (server.extensions("acme") or {})
    assert server.reason("acme") is Reason.SUSPENDED
    hold = server.reconciler.status().hold
    assert hold is not None
    assert (hold.by, hold.reason) == ("ada", "release day")
    server.restart()
    server.round()
    assert "103" not in (server.extensions("acme") or {})
    with pytest.raises(OrderRefused, match=r"suspended by ada since .*: release day; resume first"):
        server.approve()
    run(server.reconciler.resume("ada"))
    assert "103" in (server.extensions("acme") or {})
    assert server.reconciler.status().hold is None


def test_a_damaged_hold_keeps_following_at_rest(server: Server) -> None:
    run(server.reconciler.suspend("ada", "release day"))
    (server.base / "state" / "hold.json").write_text("{", encoding="utf-8")
    server.restart()
    edit(server)
    assert "103" not in (server.extensions("acme") or {})
    run(server.reconciler.resume("ada"))
    assert "103" in (server.extensions("acme") or {})


# Going back


def test_going_back_restores_what_ran_and_stays_there(server: Server) -> None:
    first = server.engine.snapshot.revision
    edit(server)
    done = server.go_back(1)
    assert (server.engine.snapshot.revision, done.revision) == (first, first)
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    assert server.reason("acme") is Reason.SUSPENDED
    newest = server.revisions()[0]
    assert (newest["sequence"], newest["revision"], newest["trigger"], newest["author"]) == (
        3,
        first,
        "rollback",
        "ada",
    )
    server.restart()
    server.round()
    assert server.extensions("acme") == {"101": "101", "102": "102"}
    run(server.reconciler.resume("ada"))
    assert "103" in (server.extensions("acme") or {})


def test_going_back_is_a_plan_like_any_other(server: Server) -> None:
    server.folder.write("gamma.yaml", tenant("gamma"), extension("gamma", "401"))
    server.round()
    assert [breach.id for breach in server.plan(1).breaches] == ["tenant-deleted:gamma"]
    with pytest.raises(OrderRefused, match="would be deleted"):
        server.go_back(1)
    with pytest.raises(OrderRefused, match="another by now"):
        server.go_back(1, "tenant-deleted:gamma", digest="0" * 64)
    assert server.extensions("gamma") == {"401": "401"}
    server.go_back(1, "tenant-deleted:gamma")
    assert server.extensions("gamma") is None


def test_going_back_needs_its_secrets(server: Server) -> None:
    server.folder.write(
        "acme.yaml", tenant("acme"), extension("acme", "101", env="PW2"), extension("acme", "102", env="PW2")
    )
    server.folder.write("beta.yaml", tenant("beta"), *(extension("beta", number, env="PW2") for number in TWELVE))
    server.round()
    server.approve(*server.waiting().breaches)
    del server.environ["PW"]
    with pytest.raises(OrderRefused, match="needs the secret env:PW, which is not there any more"):
        server.go_back(1, *(breach.id for breach in server.plan(1).breaches))


@pytest.mark.parametrize("sequence", [0, 9, -1])
def test_a_revision_that_is_not_kept_is_refused(server: Server, sequence: int) -> None:
    with pytest.raises(Unknown, match=f"there is no revision {sequence}"):
        server.plan(sequence)
    with pytest.raises(OrderRefused, match=f"there is no revision {sequence}"):
        server.go_back(sequence, digest="0" * 64)


def test_revisions_tell_how_they_came_about(server: Server) -> None:
    edit(server)
    newest, oldest = server.revisions()
    assert (newest["sequence"], newest["trigger"], newest["result"]) == (2, "auto", "running")
    assert (oldest["sequence"], oldest["result"]) == (1, "superseded")
    assert newest["revision"] == server.engine.snapshot.revision


def test_the_commit_that_was_applied_is_remembered(server: Server) -> None:
    server.commit = GitCommit("4c1d9e2" + "0" * 33, "Grace", server.now, "A desk for Radia")
    edit(server)
    newest = server.revisions()[0]
    assert (newest["author"], newest["note"]) == ("Grace", "commit 4c1d9e200000: A desk for Radia")
    assert server.reconciler.status().history[0].author == "Grace"
    server.folder.write("system.yaml", LISTENER, system("apply: approved"))
    server.round()
    server.folder.write("acme.yaml", *ACME)
    server.round()
    server.approve()
    newest = server.revisions()[0]
    assert (newest["author"], newest["note"]) == ("ada", "commit 4c1d9e200000 by Grace: A desk for Radia")


# Falling back by itself


def test_a_listener_that_fails_in_its_first_minute_brings_back_what_ran(server: Server) -> None:
    before = server.engine.snapshot.revision
    server.folder.write("system.yaml", LISTENER.replace("5070", "5072"))
    server.round()
    server.engine.problems["phones"] = "192.0.2.1 is no longer an address of this machine"
    server.monotonic += PROBATION_S - 1
    run(server.reconciler.check_health())
    assert server.engine.snapshot.revision == before
    server.engine.problems.clear()
    server.round()
    assert server.engine.snapshot.revision == before
    assert server.reason("") is Reason.FELL_BACK
    assert server.revisions()[0]["trigger"] == "fallback"
    server.restart()
    server.round()
    assert server.engine.snapshot.revision == before
    server.folder.write("system.yaml", LISTENER.replace("5070", "5073"))
    server.round()
    assert server.engine.snapshot.listeners["phones"].port == 5073


TRUNK = ConfigRef("acme", "Trunk", "carrier")


def standing(state: TrunkState, *, registers: bool = True) -> TrunkView:
    return TrunkView(
        ref=TRUNK,
        state=state,
        reason="as it is",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        registers=registers,
        registered_until=None,
        servers=(),
        channels=0,
        max_channels=0,
    )


def change_trunk(server: Server, before: TrunkState) -> str:
    """A trunk that stands like this is changed; the revision before."""
    server.folder.write("trunk.yaml", resource("Trunk", "acme", "carrier", "host: 192.0.2.50\n"))
    server.round()
    server.engine.standing[TRUNK] = standing(before)
    run(server.reconciler.check_health())
    server.monotonic += PROBATION_S
    run(server.reconciler.check_health())
    revision = server.engine.snapshot.revision
    server.folder.write("trunk.yaml", resource("Trunk", "acme", "carrier", "host: 192.0.2.51\n"))
    server.round()
    assert server.engine.snapshot.revision != revision
    return revision


def test_a_trunk_that_is_refused_after_a_change_brings_back_what_ran(server: Server) -> None:
    before = change_trunk(server, TrunkState.REGISTERED)
    server.engine.standing[TRUNK] = standing(TrunkState.REFUSED)
    run(server.reconciler.check_health())
    assert server.engine.snapshot.revision == before
    assert server.revisions()[0]["trigger"] == "fallback"


@pytest.mark.parametrize(
    ("state", "goes_back"),
    [
        (TrunkState.REGISTERED, False),
        (TrunkState.UP, False),
        (TrunkState.DISABLED, False),
        (TrunkState.TRYING, True),
        (TrunkState.UNREACHABLE, True),
    ],
)
def test_a_trunk_that_was_up_has_a_minute_to_come_up_again(server: Server, state: TrunkState, goes_back: bool) -> None:
    before = change_trunk(server, TrunkState.REGISTERED)
    server.engine.standing[TRUNK] = standing(state)
    server.monotonic += PROBATION_S - 1
    run(server.reconciler.check_health())
    assert server.engine.snapshot.revision != before
    server.monotonic += 1
    run(server.reconciler.check_health())
    assert (server.engine.snapshot.revision == before) is goes_back


@pytest.mark.parametrize("state", [TrunkState.UNREACHABLE, TrunkState.REFUSED, TrunkState.TRYING])
def test_a_trunk_that_was_down_before_is_no_reason_to_go_back(server: Server, state: TrunkState) -> None:
    before = change_trunk(server, state)
    server.engine.standing[TRUNK] = standing(TrunkState.REFUSED)
    server.monotonic += PROBATION_S
    run(server.reconciler.check_health())
    assert server.engine.snapshot.revision != before


def test_how_a_trunk_stands_is_its_own_ready_condition(server: Server) -> None:
    change_trunk(server, TrunkState.UNREACHABLE)
    [ready] = [one for one in server.reconciler.conditions(TRUNK) if one.type is ConditionType.READY]
    assert (ready.is_true, ready.reason) == (False, Reason.NOT_CONNECTED)
    assert "unreachable: as it is" in ready.message
    assert server.reason("acme", ConditionType.READY) is Reason.WORKS
    assert server.reason("", ConditionType.READY) is Reason.WORKS


def test_a_failure_after_its_first_minute_is_told_and_no_more(server: Server) -> None:
    server.folder.write("system.yaml", LISTENER.replace("5070", "5072"))
    server.round()
    server.monotonic += PROBATION_S
    server.engine.problems["phones"] = "gone"
    run(server.reconciler.check_health())
    assert server.engine.snapshot.listeners["phones"].port == 5072
    assert server.reason("", ConditionType.READY) is Reason.NOT_LISTENING


def test_what_did_not_change_is_no_reason_to_go_back(server: Server) -> None:
    edit(server)
    server.engine.problems["phones"] = "gone"
    run(server.reconciler.check_health())
    assert "103" in (server.extensions("acme") or {})
    server.engine.problems.clear()
    run(server.reconciler.check_health())
    assert server.reason("", ConditionType.READY) is Reason.WORKS


# Exporting


def exported(server: Server) -> dict[str, str]:
    files = json.loads(run(server.reconciler.manifests()))["files"]
    assert isinstance(files, dict)
    return files


def comes_to(files: dict[str, str]) -> Revision:
    assembly = load(list(files.items()))
    assert not assembly.report.has_errors, assembly.report.as_text()
    units = {SYSTEM_UNIT: compile_unit(SYSTEM_UNIT, assembly.catalog.system, dict.fromkeys(files, ""), None)}
    for name, owned in assembly.catalog.tenants.items():
        units[name] = compile_unit(name, owned, dict.fromkeys(files, ""), None)
    return Ground(assembly.catalog, DesiredState(units)).revision


def test_what_runs_whole_is_exported_as_it_was_written(server: Server) -> None:
    server.folder.write("acme.yaml", "# a remark\n" + ACME[0], *ACME[1:])
    server.round()
    assert exported(server)["acme.yaml"] == (server.folder.root / "acme.yaml").read_text(encoding="utf-8")


def test_a_file_that_runs_in_part_is_exported_in_part(server: Server) -> None:
    """Two tenants of one file: one waits at its older form, one moved on, one never ran."""
    both = [*ACME, tenant("gamma"), extension("gamma", "401")]
    server.folder.write("acme.yaml", *both)
    server.round()
    moved = [tenant("acme"), extension("acme", "101", display="Ada"), extension("acme", "102")]
    held = [tenant("gamma"), extension("gamma", "402", env="NOWHERE")]
    new = [tenant("delta"), extension("delta", "501", env="NOWHERE")]
    server.folder.write("acme.yaml", *moved, *held, *new)
    server.round()
    assert server.extensions("acme") == {"101": "Ada", "102": "102"}
    assert server.extensions("gamma") == {"401": "401"}
    files = exported(server)
    assert "delta" not in files["acme.yaml"]
    assert comes_to(files) == server.engine.snapshot.revision


# Drift


def test_drift_of_the_engine_is_healed_and_told(careful: Server) -> None:
    edit(careful)
    running = careful.engine.snapshot
    careful.engine.snapshot = type(running).build(
        system=running.system,
        listeners=running.listeners.values(),
        tenants=[running.tenants["beta"]],
        origins=running.origins,
    )
    careful.round()
    assert careful.extensions("acme") == {"101": "101", "102": "102"}
    entry = careful.reconciler.status().history[0]
    assert (entry.trigger, entry.message) == ("heal", "drift healed: acme")
    assert careful.reason("acme") is Reason.AWAITING_APPROVAL


def test_conditions_of_a_resource(server: Server) -> None:
    server.folder.write(
        "acme.yaml", tenant("acme"), extension("acme", "101").replace("number:", "enabled: false, number:")
    )
    server.round()

    def ready(kind: str, name: str, owner: str) -> Reason:
        found = server.reconciler.conditions(ConfigRef(owner, kind, name))
        return next(condition.reason for condition in found if condition.type is ConditionType.READY)

    assert ready("Extension", "101", "acme") is Reason.DISABLED
    assert ready("Tenant", "acme", "acme") is Reason.WORKS
    assert ready("Listener", "phones", "") is Reason.WORKS
    assert not server.reconciler.conditions(ConfigRef("nobody", "Tenant", "nobody"))


def test_ready_keeps_the_moment_it_turned(server: Server) -> None:
    def since() -> object:
        return next(c.since for c in server.unit("acme").conditions if c.type is ConditionType.READY)

    first = since()
    server.now += timedelta(hours=1)
    server.round()
    assert since() == first
