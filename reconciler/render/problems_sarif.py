"""Problems as SARIF 2.1.0 (OASIS), which code hosts and editors read: each finding with its place and its rule's words.

Files below the folder that the user stands in are relative URIs, based on `%SRCROOT%` as is the custom; others are `file:` URIs.
The surprising thing: all rules are listed, also those without findings, so that a reader can tell "fine" from "not looked at".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Final
from urllib.parse import quote

from reconciler.exemptions import Excused
from reconciler.handbook import Entry, entries
from reconciler.render.checked import Checked
from schema.problem import Problem, printable

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "%SRCROOT%"

Json = Mapping[str, object]


def problems_sarif(checked: Checked, *, version: str, here: str) -> str:
    """The log, indented, ended by a newline. `here`: the folder that the user stands in, absolute."""
    rules = entries()
    place_of = {rule: index for index, rule in enumerate(rules)}
    driver = {
        "name": "Trunkline",
        "version": version,
        "rules": [_rule(entry) for entry in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that trunkline was run in."}}},
        "invocations": [{"executionSuccessful": True, "exitCode": 1 if checked.report.has_errors else 0}],
        "artifacts": [{"location": _location(file, here)} for file in sorted(checked.files)],
        "results": [
            *(_result(problem, place_of, here) for problem in checked.report),
            *(_suppressed(excused, place_of, here) for excused in checked.excused),
        ],
        "properties": {"secrets": {"named": checked.secrets, "unknown": checked.secrets_unknown}},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(entry: Entry) -> Json:
    help_text = f"{entry.why} {entry.mend}".strip() if entry.mend else f"{entry.why} Each message says what to do."
    return {
        "id": entry.id,
        "shortDescription": {"text": entry.why.partition(". ")[0].rstrip(".") + "."},
        "fullDescription": {"text": entry.why},
        "help": {"text": help_text, "markdown": f"**{entry.id}** {help_text}"},
        "defaultConfiguration": {"level": entry.severity.value},
    }


def _result(problem: Problem, place_of: Mapping[str, int], here: str) -> Json:
    region = {"startLine": problem.mark.line, "startColumn": problem.mark.column}
    return {
        "ruleId": problem.rule,
        **({"ruleIndex": place_of[problem.rule]} if problem.rule in place_of else {}),
        "level": problem.severity.value,
        "message": {"text": _literal(printable(f"{problem.message}; {problem.hint}"))},
        "locations": [{"physicalLocation": {"artifactLocation": _location(problem.mark.file, here), "region": region}}],
    }


def _suppressed(excused: Excused, place_of: Mapping[str, int], here: str) -> Json:
    """A finding that a manifest switches off (§3.27.23): code hosts count it as dealt with, and keep the reason."""
    suppression = {"kind": "inSource", "status": "accepted", "justification": excused.exemption.reason}
    return {**_result(excused.problem, place_of, here), "suppressions": [suppression]}


def _literal(text: str) -> str:
    """The text as a message of SARIF: braces are placeholders there (§3.11.5), `[text](address)` is a link (§3.11.6)."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    return doubled if "](" not in doubled else doubled.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _location(file: str, here: str) -> Json:
    place = PurePosixPath(normpath(PurePosixPath(here) / file))
    if place.is_relative_to(here):
        return {"uri": quote(str(place.relative_to(here)), safe="/"), "uriBaseId": ROOT}
    return {"uri": "file://" + quote(str(place), safe="/")}
