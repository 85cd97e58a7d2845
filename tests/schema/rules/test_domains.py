"""duplicate-domain: who is held back when tenants get into each other's way."""

from schema.catalog import Catalog
from schema.manifest_set import Assembly, HeldBack, load
from tests.support.manifests import GOOD, tenant


def files(**domains: str) -> dict[str, str]:
    """Return a set whose tenants have these domains."""
    return {"system.yaml": GOOD["system.yaml"]} | {f"{n}.yaml": tenant(n, domain) for n, domain in domains.items()}


def held(assembly: Assembly) -> list[str]:
    return [name for name, verdict in assembly.tenants.items() if isinstance(verdict, HeldBack)]


def domains(catalog: Catalog) -> dict[str, str]:
    return {name: resources.tenant.spec.domain for name, resources in catalog.tenants.items()}


def test_two_new_tenants_of_one_domain_are_both_told() -> None:
    assembly = load(files(a="pbx.example", b="PBX.example", c="c.example").items())
    assert [str(problem) for problem in assembly.report] == [
        (
            'a.yaml:5:11: Tenant a has the domain "pbx.example", which is also that of Tenant b at b.yaml:5:11; '
            "give each tenant a domain of its own [duplicate-domain]"
        ),
        (
            'b.yaml:5:11: Tenant b has the domain "pbx.example", which is also that of Tenant a at a.yaml:5:11; '
            "give each tenant a domain of its own [duplicate-domain]"
        ),
    ]
    assert held(assembly) == ["a", "b"]
    assert domains(assembly.catalog) == {"c": "c.example"}


def test_different_domains_are_fine() -> None:
    assert len(load(files(a="a.example", b="b.example").items()).report) == 0


def test_only_the_newcomer_is_held_back() -> None:
    before = load(files(a="a.example").items()).catalog
    assembly = load(files(a="a.example", b="a.example").items(), before)
    assert held(assembly) == ["b"]
    assert domains(assembly.catalog) == {"a": "a.example"}


def test_only_the_one_that_changed_its_domain_is_held_back() -> None:
    before = load(files(a="a.example", b="b.example").items()).catalog
    changed = files(a="a.example", b="a.example")
    changed["a.yaml"] += "  displayName: changed too\n"
    assembly = load(changed.items(), before)
    assert held(assembly) == ["b"]
    assert domains(assembly.catalog) == {"a": "a.example", "b": "b.example"}
    assert assembly.catalog.tenants["a"].tenant.spec.display_name == "changed too"


def test_an_exchange_of_domains_is_fine() -> None:
    before = load(files(a="a.example", b="b.example").items()).catalog
    assembly = load(files(a="b.example", b="a.example").items(), before)
    assert held(assembly) == []
    assert domains(assembly.catalog) == {"a": "b.example", "b": "a.example"}


def test_one_held_back_keeps_its_old_domain_which_another_may_not_take() -> None:
    before = load(files(a="a.example", b="b.example", c="c.example").items()).catalog
    # a is faulty and stays at a.example; b wants a.example, so b stays at b.example; so c can't have that.
    assembly = load(files(a="a..example", b="a.example", c="b.example").items(), before)
    assert held(assembly) == ["a", "b", "c"]
    assert domains(assembly.catalog) == domains(before)


def test_the_domain_of_a_removed_tenant_is_free() -> None:
    before = load(files(a="a.example", b="b.example").items()).catalog
    assembly = load(files(b="a.example").items(), before)
    assert held(assembly) == []
    assert domains(assembly.catalog) == {"b": "a.example"}
