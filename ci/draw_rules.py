"""Draws docs/rules.md: what each rule says of the fault in docs/faults/ID.yaml, and why it is there.

With --check: says whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ci.drawn import ROOT, cell, settle
from ci.faults import Fault, faults
from reconciler.handbook import OF_EXEMPTIONS, OF_ROUTING, OF_THE_MACHINE, entries
from schema.problem import Severity
from schema.rules.reasons import OF_FILES
from schema.rules.registry import ACROSS_RULES, STRICT_RULES, SYSTEM_RULES, TENANT_RULES


def why_of_rules() -> dict[str, str]:
    """The rules between resources, by id, with their reasons; one that is asked of tenants and of the system is one."""
    found = {rule.id: rule.why for rule in TENANT_RULES}
    found |= {rule.id: rule.why for rule in SYSTEM_RULES}
    found |= {rule.id: rule.why for rule in ACROSS_RULES}
    return found


def rules_page() -> str:
    planted, between = faults(), why_of_rules()
    strict = {rule.id for rule in STRICT_RULES}
    of_files = {**OF_FILES, **OF_THE_MACHINE}
    lines = [
        "# Rules",
        "",
        "<!-- Drawn by ci/draw_rules.py; don't edit, draw again. -->",
        "",
        "Each message about manifests ends in the id of the rule that was broken: what is wrong with which value, then what to do.",
        "Below is what each rule says of a manifest that breaks it, and why it is there. What is held back for a problem:",
        "[following.md](following.md#what-holds-back-what).",
        "",
        "All of these are the `standard` set but for those that the [`strict` set](#in-the-strict-set) asks besides. Warnings can be",
        "switched off with a reason, by a tenant for what is its own, by the System for the rest:",
        "[checking.md](checking.md#sets-of-rules-and-rules-that-are-switched-off). Warnings:",
        "",
        f"{_linked(rule.id for rule in entries().values() if rule.severity is Severity.WARNING)}.",
        "",
        "[Between resources](#between-resources) · [In routing](#in-routing) · [In the strict set](#in-the-strict-set) ·",
        "[In what is switched off](#in-what-is-switched-off) · [In one manifest](#in-one-manifest) ·",
        "[In files and secrets](#in-files-and-secrets)",
        "",
        "## Between resources",
        "",
    ]
    lines += [line for rule in sorted(between) for line in _section(planted[rule])]
    lines += ["## In routing", "", "What shows when the engine's own routing is asked.", ""]
    lines += [line for rule in sorted(OF_ROUTING) for line in _section(planted[rule])]
    lines += [
        "## In the strict set",
        "",
        "Asked by `validate --strict`, and where `System.spec.rules.set` is `strict`.",
        "",
    ]
    lines += [line for rule in sorted(strict) for line in _section(planted[rule])]
    lines += ["## In what is switched off", ""]
    lines += [line for rule in sorted(OF_EXEMPTIONS) for line in _section(planted[rule])]
    lines += ["## In one manifest", ""]
    elsewhere = {*between, *OF_ROUTING, *strict, *OF_EXEMPTIONS}
    lines += [line for rule in planted if rule not in elsewhere for line in _section(planted[rule])]
    lines += ["## In files and secrets", "", "| id | what it says | how to mend it |", "|---|---|---|"]
    lines += [
        f'| <a id="{rule}"></a>`{rule}` | {cell(words.says)} | {cell(words.mend)} |'
        for rule, words in sorted(of_files.items())
    ]
    return "\n".join([*lines, ""])


def _linked(rules: Iterable[str]) -> str:
    return ", ".join(f"[`{rule}`](#{rule})" for rule in rules)


def _section(fault: Fault) -> list[str]:
    told = [str(problem) for problem in fault.problems()]
    shown = ["```yaml", *fault.text.rstrip().splitlines(), "```", ""] if fault.text.strip() else []
    return [f"### {fault.id}", "", fault.why, "", *shown, "```", *told, "```", ""]


def pages() -> dict[Path, str]:
    return {ROOT / "docs" / "rules.md": rules_page()}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_rules", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
