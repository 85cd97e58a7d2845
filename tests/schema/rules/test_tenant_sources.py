"""[source-tenant-exists], [source-trunk] and [source-number]: faults and twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import LISTENER, documents, extension, resource, tenant

SOURCE = """\
apiVersion: trunkline/v1
kind: TenantSource
metadata: {name: acme}
spec: {git: "git+https://git.example/acme/pbx.git", numbers: ["+4420794601*"], trunks: true}
"""
OWN = documents(
    extension("acme", "101").replace("{env: P}", "{file: secrets/101}"),
    resource("Trunk", "acme", "carrier", "host: 192.0.2.50\n"),
    resource("InboundRule", "acme", "main", 'match: {did: "+442079460100"}\ninHours: {extension: "101"}\n'),
)


def lines(source: str = SOURCE, own: str = OWN) -> list[str]:
    files = {"pbx.yaml": documents(LISTENER, tenant("acme", "acme.example"), source), "@acme/own.yaml": own}
    return [str(problem) for problem in load(files.items()).report]


def test_what_the_platform_lets_a_source_say_is_no_fault() -> None:
    assert lines() == []


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        ("{name: acme}", "{name: amce}", "pbx.yaml:14:18", "[source-tenant-exists]"),
        (", trunks: true", "", "@acme/own.yaml:8:7", "[source-trunk]"),
        ("+4420794601*", "+4420794602*", "@acme/own.yaml:17:16", "[source-number]"),
    ],
)
def test_faults(old: str, new: str, place: str, rule: str) -> None:
    assert any(line.startswith(f"{place}: ") and line.endswith(rule) for line in lines(SOURCE.replace(old, new)))


def test_a_source_that_is_at_fault_is_told_and_not_what_it_would_have_allowed() -> None:
    [line] = lines(SOURCE.replace("git+https", "https"))
    assert line.endswith("begin it with git+https:// [git-address]")
