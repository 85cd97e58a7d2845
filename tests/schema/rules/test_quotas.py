"""extension-quota: a planted fault and clean twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GLOBEX, GOOD, documents, extension, tenant

EXTENSIONS = [extension("acme", number) for number in ("101", "102", "103")]


def lines(quota: str, *more: str) -> list[str]:
    """The problems of acme with three extensions and such quotas."""
    acme = documents(tenant("acme", "acme.example", quota), *EXTENSIONS, *more)
    return [str(problem) for problem in load((GOOD | {"acme.yaml": acme}).items()).report]


def test_extensions_beyond_the_quota() -> None:
    assert lines("quotas: {maxExtensions: 1}\n") == [
        (
            f"acme.yaml:{line}:32: Extension acme/{number} is beyond the quota: Tenant acme has 3 extensions and may have 1, by "
            "maxExtensions at acme.yaml:6:27; remove extensions, or raise spec.quotas.maxExtensions of the tenant [extension-quota]"
        )
        for number, line in (("102", 16), ("103", 22))
    ]


@pytest.mark.parametrize("quota", ["", "quotas: {}\n", "quotas: {maxExtensions: 0}\n", "quotas: {maxExtensions: 3}\n"])
def test_as_many_as_agreed_are_fine(quota: str) -> None:
    assert lines(quota) == []


def test_an_extension_written_twice_counts_once() -> None:
    found = lines("quotas: {maxExtensions: 3}\n", EXTENSIONS[0])
    assert [line.split()[-1] for line in found] == ["[duplicate-resource]"]


def test_a_quota_holds_back_its_tenant_alone() -> None:
    acme = documents(tenant("acme", "acme.example", "quotas: {maxExtensions: 2}\n"), *EXTENSIONS)
    loaded = load({**GOOD, "acme.yaml": acme, "globex.yaml": GLOBEX}.items())
    assert set(loaded.catalog.tenants) == {"globex"}


@pytest.mark.parametrize(
    ("quotas", "kind", "specs", "rule"),
    [
        ("{maxQueues: 1}", "Queue", ('{number: "700", members: ["101"]}',), None),
        (
            "{maxQueues: 1}",
            "Queue",
            ('{number: "700", members: ["101"]}', '{number: "701", members: ["101"]}'),
            "[queue-quota]",
        ),
        ("{maxConferences: 1}", "Conference", ('{number: "800"}',), None),
        ("{maxConferences: 1}", "Conference", ('{number: "800"}', '{number: "801"}'), "[conference-quota]"),
        ("{maxVoicemailMb: 200}", "Voicemail", ("{}",), None),
        ("{}", "Voicemail", ("{maxStorageMb: 0}",), None),
        ("{maxVoicemailMb: 199}", "Voicemail", ("{}",), "[storage-quota]"),
        ("{maxVoicemailMb: 199}", "Voicemail", ("{maxStorageMb: 0}",), "[storage-quota]"),
    ],
)
def test_quotas_of_other_kinds(quotas: str, kind: str, specs: tuple[str, ...], rule: str | None) -> None:
    parts = [
        f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{tenant: acme, name: n{number}}}\nspec: {spec}\n"
        for number, spec in enumerate(specs)
    ]
    acme = documents(tenant("acme", "acme.example", f"quotas: {quotas}\n"), EXTENSIONS[0], *parts)
    found = [f"[{problem.rule}]" for problem in load((GOOD | {"acme.yaml": acme}).items()).report]
    assert found == ([] if rule is None else [rule])
