"""Manifests in the making: each with the place in the foreign files that it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from schema.mark import Mark
from schema.problem import printable

_PLAIN: Final = re.compile("[A-Za-z](?:[A-Za-z0-9/._-]*[A-Za-z0-9])?|[0-9]{1,9}[smhd]", re.ASCII)
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off"})
FILES: Final[Mapping[str, str]] = {
    "System": "system.yaml",
    "Listener": "system.yaml",
    "Tenant": "tenant.yaml",
    "OfficeHours": "tenant.yaml",
    "ExtensionGroup": "tenant.yaml",
    "Extension": "extensions.yaml",
    "Trunk": "trunks.yaml",
    "InboundRule": "inbound.yaml",
    "OutboundRule": "outbound.yaml",
}
"""Where kinds go; all others are call services."""


@dataclass(slots=True)
class Draft:
    """`mark`: where it comes from; None = we added it. `note`: a comment above it."""

    kind: str
    name: str
    tenant: str | None
    spec: dict[str, object]
    mark: Mark | None = None
    note: str = ""

    @property
    def file(self) -> str:
        """Where it goes."""
        return FILES.get(self.kind, "services.yaml")

    def text(self) -> str:
        """The manifest: fields in lines, what is in a list in one line each."""
        about = " ".join(
            part for part in (self.note, f"({self.mark.file}:{self.mark.line})" if self.mark else "") if part
        )
        owner = "" if self.tenant is None else f"tenant: {scalar(self.tenant)}, "
        lines = [f"# {printable(about)}"] if about else []
        lines += ["apiVersion: trunkline/v1", f"kind: {self.kind}", f"metadata: {{{owner}name: {scalar(self.name)}}}"]
        lines += ["spec:", *_block(self.spec, "  ")] if self.spec else ["spec: {}"]
        return "".join(f"{line}\n" for line in lines)


@dataclass(slots=True)
class Drafts:
    """All of them, and the secrets by the file that a manifest names; `unset`: files that are named, for which none is known."""

    drafts: list[Draft] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    unset: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Manifest files by name."""
        found: dict[str, list[str]] = {}
        for draft in self.drafts:
            found.setdefault(draft.file, []).append(draft.text())
        return {name: "---\n".join(texts) for name, texts in sorted(found.items())}

    def at(self, file: str, line: int) -> Draft | None:
        """The draft whose text stands at that line."""
        first = 1
        for draft in self.drafts:
            if draft.file != file:
                continue
            count = draft.text().count("\n")
            if first <= line < first + count + 1:
                return draft
            first += count + 1
        return None


def _block(node: Mapping[str, object], indent: str) -> Iterable[str]:
    for key, value in node.items():
        name = scalar(key)
        match value:
            case dict() if value and any(isinstance(below, dict | list) for below in value.values()):
                yield f"{indent}{name}:"
                yield from _block(value, f"{indent}  ")
            case list() if any(isinstance(one, dict) for one in value):
                yield f"{indent}{name}:"
                for one in value:
                    yield f"{indent}  - {_flow(one)}"
            case _:
                yield f"{indent}{name}: {_flow(value)}"


def _flow(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{scalar(key)}: {_flow(below)}" for key, below in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_flow(one) for one in value) + "]"
        case _:
            return scalar(value)


def scalar(value: object) -> str:
    """As YAML 1.2 reads it back: JSON, without quotes where nobody can mistake it."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # YAML takes some of what JSON leaves as it is (NEL, line separators) for ends of lines.
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(value, ensure_ascii=False))
