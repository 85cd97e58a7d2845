"""Draws docs/kinds/*.md from the models. With --check: says which pages are not what these say now.

Examples come from examples/, which the tests load.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ci.drawn import ROOT, cell, settle
from ci.field_rows import fields_of
from schema.registry import KINDS, Kind, Scope

PAGES: Final = ROOT / "docs" / "kinds"
EXAMPLES: Final = {
    "System": "examples/two-tenants/system.yaml",
    "Listener": "examples/nat/pbx.yaml",
    "IpRule": "examples/whole-language/pbx.yaml",
    "MediaServer": "examples/whole-language/pbx.yaml",
    "ConferenceServer": "examples/whole-language/pbx.yaml",
    "BackupSchedule": "examples/whole-language/pbx.yaml",
    "PushApp": "examples/whole-language/pbx.yaml",
    "Administrator": "examples/whole-language/pbx.yaml",
    "Tenant": "examples/two-tenants/acme.yaml",
    "TenantSource": "examples/tenant-sources/platform/pbx.yaml",
    "Extension": "examples/two-tenants/acme.yaml",
    "ExtensionProfile": "examples/people/acme.yaml",
    "ExtensionGroup": "examples/people/acme.yaml",
    "OfficeHours": "examples/office-hours/pbx.yaml",
    "Trunk": "examples/company/pbx.yaml",
    "InboundRule": "examples/company/acme.yaml",
    "OutboundRule": "examples/company/acme.yaml",
    "RingGroup": "examples/company/acme.yaml",
    **dict.fromkeys(
        (
            "Receptionist",
            "Queue",
            "Conference",
            "Voicemail",
            "RecordingPolicy",
            "MusicOnHold",
            "Prompt",
            "CallFeatures",
        ),
        "examples/whole-language/services.yaml",
    ),
    "RateTable": "examples/rates/acme.yaml",
    **dict.fromkeys(
        ("ProvisioningPolicy", "WebRtc", "PhoneTemplate", "Phone", "MailServer", "SmsGateway", "CallReport"),
        "examples/whole-language/phones.yaml",
    ),
}
OWNERS: Final = {
    Scope.SYSTEM: "the system: it has no `metadata.tenant`",
    Scope.TENANT: "nobody: it is the tenant, and its name is what others write in `metadata.tenant`",
    Scope.OWNED: "a tenant, by `metadata.tenant`",
    Scope.SHARED: "a tenant, by `metadata.tenant`; without that, to the system, for several tenants",
}
NOT_CARRIED_OUT: Final = (
    "**Not carried out yet.** It is checked, planned and kept; "
    "its condition `Applied` is false with the reason `NotSupportedYet`"
)
REFUSED_CALLS: Final = ",\nand a call that reaches it is refused"
DRAWN: Final = "<!-- Drawn by ci/draw_kind_pages.py; don't edit, draw again. -->"


def example_of(kind: str) -> tuple[str, str]:
    """The first resource of a kind in its example: the file, and the text without the comments above it."""
    file = EXAMPLES[kind]
    for document in (ROOT / file).read_text(encoding="utf-8").split("\n---\n"):
        if f"\nkind: {kind}\n" in f"\n{document}\n":
            lines = document.strip().splitlines()
            begin = next(number for number, line in enumerate(lines) if not line.startswith("#"))
            return file, "\n".join(lines[begin:])
    raise LookupError(f"{file} has no {kind}; name another file in EXAMPLES")


def kind_page(kind: Kind) -> str:
    file, example = example_of(kind.name)
    rows = [
        f"| `{row.path}` | {row.type} | {row.default} | {cell(row.limits)} | {cell(row.description)} |"
        for row in fields_of(kind.model)
    ]
    schema = f"{kind.file_name}.json"
    is_called = any(row.path == "spec.number" for row in fields_of(kind.model))
    waits = [] if kind.is_carried_out else [f"{NOT_CARRIED_OUT}{REFUSED_CALLS if is_called else ''}.", ""]
    return "\n".join(
        [
            f"# {kind.name}",
            "",
            DRAWN,
            "",
            (kind.model.__doc__ or "").strip(),
            "",
            *waits,
            f"Belongs to {OWNERS[kind.scope]}. JSON Schema: [`schema/published/{schema}`](../../schema/published/{schema}).",
            "",
            "```yaml",
            example,
            "```",
            "",
            f"From [`{file}`](../../{file}).",
            "",
            "| field | type | default | limits | |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "What is wrong with a value is told with file, line and column; the word in brackets at the end of a message is a rule of",
            "[docs/rules.md](../rules.md).",
            "",
        ]
    )


def index_page() -> str:
    rows = [
        f"| [`{name}`]({kind.file_name}.md) | {cell((kind.model.__doc__ or '').strip())}"
        f"{'' if kind.is_carried_out else ' *Not carried out yet.*'} |"
        for name, kind in KINDS.items()
    ]
    return "\n".join(
        [
            "# Kinds of resources",
            "",
            DRAWN,
            "",
            "A manifest file is YAML 1.2 with one resource or several, separated by `---`. Each has `apiVersion: trunkline/v1`, a `kind`,",
            "`metadata` and `spec`. Which file a resource stands in makes no difference; a file of its own for each tenant is",
            "wise, since a file that can't be read holds back all who have resources in it. Unknown fields are errors.",
            "",
            "| kind | |",
            "|---|---|",
            *rows,
            "",
            "Durations are written with their units (`30s`, `5m`, `1h30m`). Text needs no quotes where YAML needs none; an unquoted number",
            "is taken as the text it is where text is wanted (`number: 0101` is 0101).",
            "",
            "Editors complete and check manifests by the published schema of all kinds: put",
            "`# yaml-language-server: $schema=PATH/schema/published/trunkline.json` into a file's first line.",
            "`trunkline schema` prints that schema.",
            "",
        ]
    )


def pages() -> dict[Path, str]:
    """All pages, by place."""
    drawn = {PAGES / f"{kind.file_name}.md": kind_page(kind) for kind in KINDS.values()}
    return {**drawn, PAGES / "README.md": index_page()}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_kind_pages", pages(), arguments, PAGES.glob("*.md"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
