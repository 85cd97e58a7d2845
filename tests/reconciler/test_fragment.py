"""Plans and checks of a tenant's own source, and of the platform's part, where the other one stands in another repository."""

from __future__ import annotations

from pathlib import Path

from reconciler.fragment import alone, parsed_files, placed_below, with_own_source, with_own_sources
from reconciler.offline import offline
from reconciler.plan_json import plan_from_json
from reconciler.source.directory import Directory
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.worker.frames import FaultySet, PostedPlanTold
from reconciler.worker.posted_plan import posted_plan

STORY = Path(__file__).resolve().parents[2] / "examples" / "tenant-sources"


def tree(name: str) -> SourceTree:
    return Directory(STORY / name, settle_s=0).read()


PLATFORM = tree("platform")
RUNNING = SourceTree(
    tuple(
        sorted(
            [*PLATFORM.files, *placed_below(tree("acme"), "acme").files, *placed_below(tree("globex"), "globex").files],
            key=lambda file: file.path,
        )
    )
)


def edited(name: str, old: str, new: str) -> SourceTree:
    return SourceTree(
        tuple(SourceFile.of(file.path, file.content.decode().replace(old, new).encode()) for file in tree(name).files)
    )


def posted(files: SourceTree, tenant: str | None) -> PostedPlanTold | FaultySet:
    told = posted_plan(RUNNING, offline(RUNNING).ground.revision, files, tenant, {})
    assert isinstance(told, PostedPlanTold | FaultySet)
    return told


def changes(told: PostedPlanTold | FaultySet) -> list[str]:
    import json

    assert isinstance(told, PostedPlanTold), told
    return [f"{change.action.value} {change.ref}" for change in plan_from_json(json.loads(told.plan)).changes]


def test_the_example_runs_as_a_whole() -> None:
    assert offline(RUNNING).report.as_text() == ""


def test_what_a_tenant_posts_stands_in_for_its_own_source() -> None:
    assert changes(posted(tree("acme"), "acme")) == []
    assert changes(posted(edited("acme", "Workshop", "Yard"), "acme")) == ["update Extension acme/102"]


def test_what_a_tenant_posts_is_held_to_what_its_source_may_say() -> None:
    told = posted(edited("acme", "+442079460100", "+442079460200"), "acme")
    assert isinstance(told, FaultySet)
    assert b"source-number" in told.problems
    assert b'"numbers.yaml"' in told.problems
    assert b"@acme" not in told.problems


def test_the_platforms_part_alone_takes_nothing_away() -> None:
    assert changes(posted(PLATFORM, None)) == []
    assert with_own_sources(PLATFORM, RUNNING) == RUNNING
    quota = edited("platform", "maxExtensions: 50", "maxExtensions: 40")
    assert changes(posted(quota, None)) == ["update Tenant acme"]


def test_what_is_no_longer_declared_goes() -> None:
    gone = edited(
        "platform", "kind: TenantSource\nmetadata: {name: acme}", "kind: TenantSource\nmetadata: {name: globex}"
    )
    assert {file.path for file in with_own_sources(gone, RUNNING).files} == {
        "pbx.yaml",
        *(file.path for file in RUNNING.files if file.path.startswith("@globex/")),
    }


def test_one_source_in_place_of_what_runs_of_it() -> None:
    own = placed_below(edited("acme", "Workshop", "Yard"), "acme")
    files = {file.path: file.content for file in with_own_source(RUNNING, own, "acme").files}
    assert b"Yard" in files["@acme/phones.yaml"]
    assert files.keys() == {file.path for file in RUNNING.files}


def test_by_itself_what_only_the_platform_knows_is_unknown() -> None:
    own = placed_below(tree("acme"), "acme")
    found = alone(own, list(parsed_files(own)), "acme")
    assert found.found == ()
    assert {problem.rule for problem in found.unknown} == {"trunk-exists"}
