"""`trunkline describe KIND [TENANT/]NAME --source DIR`: one resource as manifests say it, without a server: where it is written, whether it
is valid, how it counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping

from cli.effective_yaml import effective_yaml
from cli.exit_code import Exit
from cli.output import Output
from cli.source import source_of
from engine.config.ref import ConfigRef
from reconciler.compile.registry import config_ref
from reconciler.errors import SourceUnavailable
from reconciler.offline import Offline, offline
from reconciler.planner import resources_of
from reconciler.render.effective import effective_shape, sources_shape
from reconciler.source.tree import Source, SourceTree
from reconciler.state import SYSTEM_UNIT
from reconciler.worker.export import as_written
from reconciler.worker.judge import unit_of
from schema.effective import effective as as_they_count
from schema.nearest import nearest
from schema.problem import printable
from schema.resource import AnyResource

MOST_PROBLEMS = 20


def describe_source(text: str, ref: ConfigRef, output: Output, *, effective: bool) -> Exit:
    source = source_of(text)
    try:
        tree = source.read()
    except SourceUnavailable as error:
        sys.stderr.write(f"trunkline describe: {error}\n")
        return Exit.PROBLEMS if source.is_there else Exit.USAGE
    judged = offline(tree)
    written = [resource for file in judged.parsed.values() for resource in file.resources]
    resource = next((one for one in written if config_ref(one) == ref), None)
    if resource is None:
        sys.stderr.write(f"trunkline describe: {_absent(ref, written, text, judged)}\n")
        return Exit.PROBLEMS
    shape = _shape(ref, resource, written, judged, source, tree)
    if output is Output.JSON:
        sys.stdout.write(json.dumps(shape, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{printable(line).rstrip()}\n" for line in _lines(shape, effective=effective)))
    return Exit.FINE if shape["valid"] else Exit.PROBLEMS


def _absent(ref: ConfigRef, written: Iterable[AnyResource], text: str, judged: Offline) -> str:
    known = [str(config_ref(one)) for one in written]
    near = nearest(str(ref), known)
    faults = [str(file.fault) for file in judged.parsed.values() if file.fault is not None]
    faults += [str(problem) for file in judged.parsed.values() for one in file.rejected for problem in one.problems]
    if faults:
        return f"no valid manifest in {text} declares {ref}; what is wrong there: {faults[0]}"
    return f"no manifest in {text} declares {ref}; " + (
        f"did you mean {near}?" if near else "write it as: Extension acme/101"
    )


def _shape(
    ref: ConfigRef,
    resource: AnyResource,
    written: list[AnyResource],
    judged: Offline,
    source: Source,
    tree: SourceTree,
) -> Mapping[str, object]:
    unit = unit_of(resource)
    counts = next((one for one in resources_of(judged.ground, unit) if config_ref(one) == ref), None)
    problems = [str(one) for one in (judged.held[unit] if unit in judged.held else judged.held.get(SYSTEM_UNIT, ()))]
    if counts is None:
        of_unit = [one for one in written if unit_of(one) == unit]
        counts = next(one for one in as_they_count(of_unit) if config_ref(one) == ref)
        is_valid = False
    else:
        is_valid = True
    origin = resource.origin
    content = next(file.content for file in tree.files if file.path == origin.file)
    return {
        "tenant": ref.tenant or None,
        "kind": ref.kind,
        "name": ref.name,
        "origin": {"file": source.place(origin.file), "line": origin.line},
        "valid": is_valid,
        "problems": [] if is_valid else problems,
        "manifest": as_written(content, origin.line),
        "effective": effective_shape(counts),
        "sources": sources_shape(counts),
    }


def _lines(shape: Mapping[str, object], *, effective: bool) -> Iterator[str]:
    problems, origin = shape["problems"], shape["origin"]
    assert isinstance(problems, list)  # noqa: S101  # as made above
    assert isinstance(origin, dict)  # noqa: S101  # as made above
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    state = "valid" if shape["valid"] else f"would not run: {count} of its tenant or the system"
    facts = {
        "Name": shape["name"],
        "Kind": shape["kind"],
        "Tenant": shape["tenant"] or "-",
        "Written in": f"{origin['file']}:{origin['line']}",
        "State": state,
    }
    yield from (f"{title + ':':<12}{value}" for title, value in facts.items())
    if problems:
        yield "Problems:"
        yield from (f"  {problem}" for problem in problems[:MOST_PROBLEMS])
    yield "Manifest:"
    yield from (f"  {line}" for line in str(shape["manifest"]).splitlines())
    if effective:
        yield "Effective, and from where what the manifest does not say itself is:"
        yield from (f"  {line}" for line in effective_yaml(shape["effective"], shape["sources"]))
