"""What the platform's CI is told of tenants whose own source it does not have."""

from __future__ import annotations

from pathlib import Path

from reconciler.ground import Ground
from reconciler.offline import weigh
from reconciler.platform_alone import PlatformAlone, platform_alone
from reconciler.source.tree import SourceFile, SourceTree
from schema.manifest_set import parse_file

STORY = Path(__file__).resolve().parents[2] / "examples" / "tenant-sources" / "platform" / "pbx.yaml"
SHOWN = """\
---
apiVersion: trunkline/v1
kind: Trunk
metadata: {tenant: acme, name: own}
spec: {host: 192.0.2.51, callerId: {number: "+442079460100"}}
---
apiVersion: trunkline/v1
kind: InboundRule
metadata: {tenant: acme, name: main}
spec: {match: {did: "+442079460199"}, inHours: {extension: "101"}}
"""
PHONE = """\
apiVersion: trunkline/v1
kind: Extension
metadata: {tenant: acme, name: "102"}
spec: {password: {file: secrets/102}}
"""


def told(*more: tuple[str, str], old: str = "", new: str = "") -> PlatformAlone:
    files = (("pbx.yaml", STORY.read_text().replace(old, new) + SHOWN), *more)
    tree = SourceTree(tuple(SourceFile.of(path, text.encode()) for path, text in files))
    parsed = [parse_file(file.path, file.content) for file in tree.files]
    return platform_alone(
        weigh(parsed, tree, Ground()).found, [resource for file in parsed for resource in file.resources]
    )


def test_what_the_rest_of_a_tenant_may_have_is_unknown() -> None:
    alone = told()
    assert [problem.rule for problem in alone.unknown] == ["extension-exists"]
    assert alone.found == ()
    assert alone.tenants == ("acme", "globex")


def test_a_tenant_that_is_whole_is_told_of() -> None:
    alone = told(("@acme/own.yaml", PHONE))
    assert [problem.rule for problem in alone.found] == ["extension-exists"]
    assert alone.unknown == ()
    assert alone.tenants == ("globex",)


def test_what_is_wrong_by_itself_stays_wrong() -> None:
    alone = told(old="domain: acme.example", new="domain: globex.example")
    assert {problem.rule for problem in alone.found} == {"duplicate-domain"}
