"""What holds back what: a tenant, the round, or nobody; and that nothing is applied by half or lost."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.catalog import Catalog, SystemResources, TenantResources
from schema.manifest_set import Assembly, HeldBack, assemble, load, parse_file
from tests.support.manifests import ACME, GLOBEX, GOOD, LISTENER, SYSTEM, documents, extension, tenant

ACCEPTED = load(GOOD.items()).catalog


def changed(accepted: Catalog | None = ACCEPTED, **files: str | bytes | None) -> Assembly:
    """Assemble the good set with some files changed, added, or (None) removed."""
    wanted: dict[str, str | bytes | None] = {**GOOD, **{f"{name}.yaml": content for name, content in files.items()}}
    return load([(name, content) for name, content in wanted.items() if content is not None], accepted)


def held(assembly: Assembly) -> list[str]:
    """Return who is held back; "*" stands for the whole round."""
    names = [name for name, verdict in assembly.tenants.items() if isinstance(verdict, HeldBack)]
    return ["*", *names] if assembly.holds_round else names


def extensions(catalog: Catalog, name: str = "acme") -> list[str]:
    return [extension.ref.name for extension in catalog.tenants[name].extensions]


def test_the_good_set_makes_a_catalog() -> None:
    assembly = load(GOOD.items())
    assert len(assembly.report) == 0
    assert not assembly.holds_round
    assert list(assembly.catalog.tenants) == ["acme", "globex"]
    assert extensions(assembly.catalog) == ["101", "102"]
    assert [listener.ref.name for listener in assembly.catalog.system.listeners] == ["phones"]
    assert str(assembly.catalog.system.spec.media.ports) == "40000-41000"


def test_the_order_of_files_does_not_matter() -> None:
    assert load(reversed(GOOD.items())).catalog == ACCEPTED
    assert load(GOOD.items()) == load(reversed(GOOD.items()))


def test_without_a_system_the_defaults_hold() -> None:
    system = changed(system=LISTENER).catalog.system
    assert str(system.spec.media.ports) == "33000-65000"


def test_a_faulty_tenant_stays_and_the_others_move_on() -> None:
    assembly = changed(
        acme=ACME.replace("{env: P}", "secret", 1) + "---\n" + extension("acme", "103"),
        globex=GLOBEX + "---\n" + extension("globex", "102"),
    )
    assert held(assembly) == ["acme"]
    assert assembly.catalog.tenants["acme"] is ACCEPTED.tenants["acme"]
    assert extensions(assembly.catalog, "globex") == ["101", "102"]


def test_a_faulty_tenant_that_never_ran_is_not_there() -> None:
    assembly = changed(None, acme=ACME.replace("{env: P}", "secret", 1))
    assert held(assembly) == ["acme"]
    assert list(assembly.catalog.tenants) == ["globex"]
    [problem] = assembly.report
    assert isinstance(verdict := assembly.tenants["acme"], HeldBack)
    assert verdict.problems == (problem,)


def test_a_removed_tenant_is_gone() -> None:
    assembly = changed(globex=None)
    assert len(assembly.report) == 0
    assert list(assembly.tenants) == ["acme"]
    assert list(assembly.catalog.tenants) == ["acme"]


def test_a_tenant_whose_own_document_went_missing_stays() -> None:
    assembly = changed(acme=documents(extension("acme", "101"), extension("acme", "102")))
    assert held(assembly) == ["acme"]
    assert extensions(assembly.catalog) == ["101", "102"]


@pytest.mark.parametrize(
    "content",
    [ACME + "---\na: [", "a: [", b"\xff", "\x00", ACME[:-20] + "\t@"],
    ids=["broken-end", "broken", "not-utf-8", "nul", "half-saved"],
)
def test_an_unreadable_file_holds_back_who_has_resources_in_it(content: str | bytes) -> None:
    assembly = changed(acme=content, globex=GLOBEX + "---\n" + extension("globex", "102"))
    assert held(assembly) == ["acme"]
    assert assembly.catalog.tenants["acme"] is ACCEPTED.tenants["acme"]
    assert extensions(assembly.catalog, "globex") == ["101", "102"]


def test_an_unreadable_file_with_a_tenant_of_which_nothing_else_is_left() -> None:
    both = load([("both.yaml", documents(ACME, GLOBEX)), ("system.yaml", GOOD["system.yaml"])]).catalog
    assembly = load([("both.yaml", ACME + "---\n{"), ("system.yaml", GOOD["system.yaml"])], both)
    assert held(assembly) == ["acme", "globex"]
    assert assembly.catalog == both


def test_a_new_unreadable_file_holds_back_the_round() -> None:
    assembly = changed(new="a: [", globex=None)
    assert held(assembly) == ["*"]
    assert assembly.catalog is ACCEPTED


def test_an_unreadable_file_of_the_system_holds_back_the_round() -> None:
    assembly = changed(system="a: [", globex=None)
    assert "*" in held(assembly)
    assert assembly.catalog is ACCEPTED


def test_a_fault_in_the_system_holds_back_the_round() -> None:
    assembly = changed(system=documents(SYSTEM, LISTENER.replace("udp", "sctp")), globex=None)
    assert held(assembly) == ["*"]
    assert assembly.catalog is ACCEPTED
    assert isinstance(assembly.system, HeldBack)
    assert [problem.rule for problem in assembly.system.problems] == ["transport"]


def test_an_empty_set_is_a_fault_and_never_removes_everything() -> None:
    for files in ([], [("a.yaml", "")], [("a.yaml", "# nothing\n---\n")]):
        assembly = load(files, ACCEPTED)
        assert held(assembly) == ["*"]
        assert assembly.catalog is ACCEPTED
        assert "no-resources" in {problem.rule for problem in assembly.report}


def test_problems_of_one_file_are_bounded() -> None:
    file = parse_file("f", "a: 1\n---\n" * 20_000)
    assert len(file.problems) == 1001
    assert file.fault is not None
    assert str(file.fault).endswith("mend those listed first [too-many-problems]")


def test_a_misspelt_kind_in_the_one_file_of_all_holds_back_all() -> None:
    one = load([("all.yaml", documents(*GOOD.values()))]).catalog
    assembly = load([("all.yaml", documents(*GOOD.values()).replace("Listener", "Listner"))], one)
    assert held(assembly) == ["*", "acme", "globex"]
    assert assembly.catalog is one


def test_an_extension_without_tenant_in_the_one_file_of_all_leaves_the_system_alone() -> None:
    one = load([("all.yaml", documents(*GOOD.values()))]).catalog
    broken = documents(*GOOD.values()).replace("{tenant: acme, name: 102}", "{name: 102}")
    assert held(load([("all.yaml", broken)], one)) == ["acme", "globex"]


NOBODYS = [
    "apiVersion: trunkline/v1\nkind: Extension\nmetadata: {name: 101}\nspec: {password: {env: P}}\n",
    "apiVersion: trunkline/v1\nkind: Extention\n",
    "- a list\n",
    "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {}\nspec: {}\n",
]


@pytest.mark.parametrize("content", NOBODYS, ids=["no-tenant", "unknown-kind", "list", "nameless"])
def test_a_document_of_nobody_in_a_new_file_holds_back_the_round(content: str) -> None:
    assert held(changed(new=content)) == ["*"]


@pytest.mark.parametrize("content", NOBODYS, ids=["no-tenant", "unknown-kind", "list", "nameless"])
def test_a_document_of_nobody_in_a_known_file_holds_back_who_has_resources_there(content: str) -> None:
    assembly = changed(acme=documents(tenant("acme", "acme.example"), content))
    assert held(assembly) == ["acme"]
    assert extensions(assembly.catalog) == ["101", "102"]


@pytest.mark.parametrize("password", ["{env: P}", "literal"], ids=["valid", "faulty"])
def test_a_misspelt_tenant_does_not_cost_the_right_one_its_extension(password: str) -> None:
    misspelt = extension("acmee", "102").replace("{env: P}", password)
    assembly = changed(acme=documents(tenant("acme", "acme.example"), extension("acme", "101"), misspelt))
    assert held(assembly) == ["acme", "acmee"]
    assert extensions(assembly.catalog) == ["101", "102"]


def test_a_faulty_document_of_an_unknown_kind_is_still_its_tenants() -> None:
    content = "apiVersion: trunkline/v1\nkind: RingGroup\nmetadata: {tenant: globex, name: x}\n"
    assert held(changed(new=content)) == ["globex"]


def test_a_new_tenant_joins() -> None:
    assembly = changed(new=documents(tenant("umbrella", "umbrella.example"), extension("umbrella", "1")))
    assert held(assembly) == []
    assert list(assembly.catalog.tenants) == ["acme", "globex", "umbrella"]


def test_an_unchanged_tenant_is_equal_wherever_it_stands() -> None:
    moved = load([("all.yaml", documents(*GOOD.values()))]).catalog
    assert moved == ACCEPTED
    assert moved.tenants["acme"].extensions[0].origin.file == "all.yaml"


def test_parsed_files_and_results_cross_processes() -> None:
    files = [parse_file(name, content) for name, content in GOOD.items()]
    copies = pickle.loads(pickle.dumps(files))
    assert copies == files
    assembly = pickle.loads(pickle.dumps(assemble(copies, ACCEPTED)))
    assert assembly.catalog == ACCEPTED
    assert assembly.catalog.tenants["acme"].extensions[0].mark("spec", "password").line == 11


def test_the_accepted_catalog_is_the_one_to_hand_in_again() -> None:
    broken = changed(acme="a: [")
    again = load([*broken_files(), ("acme.yaml", "a: [")], broken.catalog)
    assert held(again) == ["acme"]
    assert again.catalog == broken.catalog


def broken_files() -> list[tuple[str, str]]:
    return [(name, content) for name, content in GOOD.items() if name != "acme.yaml"]


@settings(max_examples=60)
@given(st.data())
def test_any_mutilation_is_reported_and_leaves_every_tenant_whole(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(GOOD)))
    content = GOOD[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    filling = data.draw(st.sampled_from(["", "\t", "x", ": ", "{", "'", "---\n", "\x00", "- "]))
    assembly = load((GOOD | {name: content[:start] + filling + content[end:]}).items(), ACCEPTED)
    for verdict in assembly.tenants.values():
        assert isinstance(verdict, TenantResources) or verdict.problems
    if assembly.holds_round:
        assert assembly.catalog is ACCEPTED
    for tenant_name in held(assembly):
        if tenant_name in ACCEPTED.tenants:
            assert assembly.catalog.tenants[tenant_name] == ACCEPTED.tenants[tenant_name]
    assert all(str(problem).count(": ") >= 1 and "; " in str(problem) for problem in assembly.report)


SERVING_ACME = documents(SYSTEM, LISTENER.replace("{transport: udp}", "{transport: udp, tenant: acme}"))
UNREADABLE = "kind: [\n" + ACME


def test_a_tenant_that_a_listener_names_holds_back_itself_alone_when_its_file_breaks() -> None:
    accepted = load([("acme.yaml", ACME), ("globex.yaml", GLOBEX), ("system.yaml", SERVING_ACME)]).catalog
    broken = load([("acme.yaml", UNREADABLE), ("globex.yaml", GLOBEX), ("system.yaml", SERVING_ACME)], accepted)
    assert not broken.holds_round
    assert isinstance(broken.tenants["acme"], HeldBack)
    assert isinstance(broken.tenants["globex"], TenantResources)
    assert isinstance(broken.system, SystemResources)
    assert {problem.rule for problem in broken.report.problems} == {"yaml-syntax"}


def test_a_new_unreadable_file_is_the_only_thing_complained_of() -> None:
    broken = load([("acme.yaml", UNREADABLE), ("globex.yaml", GLOBEX), ("system.yaml", SERVING_ACME)])
    assert broken.holds_round
    assert {problem.rule for problem in broken.report.problems} == {"yaml-syntax"}


def test_a_tenant_whose_own_document_stands_in_a_new_unreadable_file_is_held_back_with_the_round() -> None:
    assembly = load(
        {"system.yaml": GOOD["system.yaml"], "t.yaml": "a: [\n", "x.yaml": extension("acme", "101")}.items()
    )
    assert assembly.holds_round
    assert isinstance(assembly.tenants["acme"], HeldBack)
    assert [problem.rule for problem in assembly.report] == ["yaml-syntax"]
