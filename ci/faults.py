"""The manifests in docs/faults/ID.yaml, each of which breaks the rule ID and no other; and what is really said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ci.drawn import ROOT
from reconciler.ground import Ground
from reconciler.handbook import OF_EXEMPTIONS, OF_ROUTING, entries
from reconciler.offline import weigh
from reconciler.source.tree import SourceFile, SourceTree
from schema.manifest_set import load, parse_file
from schema.problem import Problem
from schema.rules.registry import STRICT_RULES

FAULTS: Final = ROOT / "docs" / "faults"
# Faults are shown among these, so that nothing else is wrong.
AROUND: Final = """\
apiVersion: trunkline/v1
kind: Listener
metadata: {name: phones}
spec: {transport: udp}
---
apiVersion: trunkline/v1
kind: Tenant
metadata: {name: acme}
spec: {domain: acme.example}
"""
STRICT: Final = frozenset(rule.id for rule in STRICT_RULES)
ALONE: Final = frozenset({"plug-and-play-port", "listener-needed", "no-resources"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A manifest that a rule refuses, and what the handbook says of that rule."""

    id: str
    why: str
    text: str

    @property
    def file(self) -> str:
        """What its first line names, where it matters in which file it stands."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("# ") if first.startswith("# @") else "pbx.yaml"

    def problems(self) -> list[Problem]:
        """What is said of it, and of nothing else."""
        around = {} if self.id in ALONE else {"around.yaml": AROUND}
        files = [*around.items(), (self.file, self.text)]
        is_strict = self.id in STRICT
        if not is_strict and self.id not in OF_ROUTING and self.id not in OF_EXEMPTIONS:
            return list(load(files).report)
        tree = SourceTree(tuple(SourceFile(path, text.encode(), path) for path, text in files))
        weighed = weigh([parse_file(*file) for file in files], tree, Ground())
        return list(weighed.exemptions.settle(weighed.found, strict=is_strict).report)


def faults() -> dict[str, Fault]:
    """All faults, by id."""
    known, found = entries(), sorted(FAULTS.glob("*.yaml"))
    nameless = [path.stem for path in found if path.stem not in known]
    if nameless:
        raise LookupError(f"no rule is called {', '.join(nameless)}; say what it is for in schema/rules/reasons.py")
    return {path.stem: Fault(path.stem, known[path.stem].why, path.read_text(encoding="utf-8")) for path in found}
