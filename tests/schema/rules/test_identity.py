"""duplicate-resource and tenant-exists: planted faults and clean twins."""

from schema.catalog import TenantResources
from schema.manifest_set import HeldBack, load
from tests.support.manifests import ACME, GLOBEX, GOOD, LISTENER, SYSTEM, documents, extension, tenant


def lines(**changed: str) -> list[str]:
    """Return the problems of the good set with some files changed."""
    files = GOOD | {f"{name}.yaml": content for name, content in changed.items()}
    return [str(problem) for problem in load(files.items()).report]


def test_the_good_set_is_clean() -> None:
    assert lines() == []


def test_a_resource_defined_twice() -> None:
    assert lines(more=extension("acme", "101", "number: 109\nauthUser: x\n")) == [
        (
            "more.yaml:3:32: Extension acme/101 is defined twice, first at acme.yaml:9:32; "
            "keep one of them, or rename one [duplicate-resource]"
        )
    ]


def test_one_name_in_two_tenants_and_in_two_kinds_is_fine() -> None:
    assert lines(more=documents(extension("globex", "102"), tenant("phones", "phones.example"))) == []


def test_a_tenant_defined_twice() -> None:
    [line] = lines(more=tenant("acme", "acme2.example"))
    assert line.startswith("more.yaml:3:18: Tenant acme is defined twice, first at acme.yaml:3:18; ")


def test_a_system_defined_twice() -> None:
    [line] = lines(zzz=SYSTEM)
    assert line.startswith("zzz.yaml:3:18: System system is defined twice, first at system.yaml:3:18; ")


def test_a_listener_defined_twice_is_told_once() -> None:
    [line] = lines(zzz=LISTENER)
    assert "Listener phones is defined twice" in line


def test_a_misspelt_tenant() -> None:
    assert lines(acme=ACME + "---\n" + extension("acmee", "103")) == [
        (
            'acme.yaml:21:20: Extension acmee/103 belongs to Tenant "acmee", which no manifest defines; '
            'define it, or correct the name: did you mean "acme"? [tenant-exists]'
        )
    ]


def test_a_tenant_like_no_other() -> None:
    [line] = lines(more=extension("umbrella", "1"))
    assert 'correct the name: known are "acme", "globex" [tenant-exists]' in line


def test_a_faulty_tenant_exists_all_the_same() -> None:
    assembly = load((GOOD | {"globex.yaml": GLOBEX.replace("globex.example", "globex..example")}).items())
    assert [problem.rule for problem in assembly.report] == ["domain"]
    assert isinstance(assembly.tenants["globex"], HeldBack)
    assert isinstance(assembly.tenants["acme"], TenantResources)
