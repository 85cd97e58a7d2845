"""Draws the table of presets in docs/trunks.md. With --check: says whether it is not what schema/presets.py says now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from schema.preset import GENERIC, Preset
from schema.presets import PRESETS

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "trunks.md"
BEGIN: Final = "<!-- presets: drawn by ci/draw_presets.py -->"
END: Final = "<!-- end of presets -->"
REGISTERS: Final = {"always": "yes", "never": "no", "either": "if you want"}


def presets_text() -> str:
    """All presets, by country, those of no country last."""
    ordered = sorted(PRESETS.values(), key=lambda one: (one.name == GENERIC, not one.country, one.country, one.name))
    rows = [
        f"| {one.country or '-'} | `{one.name}` | {_title(one)} | {_host(one)} | {one.fills.get('transport', 'udp')} | "
        f"{REGISTERS[one.registers]} | {one.fills.get('numberFormat', 'e164')} | {_locked(one)} |"
        for one in ordered
    ]
    return "\n".join(
        [
            "| | preset | carrier | host | transport | registers | numbers | locked |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
        ]
    )


def page(text: str) -> str:
    """The page with the presets as they are."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LookupError(f"docs/trunks.md lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{presets_text()}\n\n{END}{after}"


def _title(preset: Preset) -> str:
    return f"[{preset.title}]({preset.page})" if preset.page else preset.title


def _host(preset: Preset) -> str:
    proxy = preset.fills.get("outboundProxy")
    host = preset.fills.get("host")
    if host is None:
        return f"yours: {preset.host_form}" if preset.host_form else "yours"
    return f"`{host}`" + (f" by `{proxy}`" if proxy else "")


def _locked(preset: Preset) -> str:
    return ", ".join(sorted(preset.locked)) or "-"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(f"draw_presets.py takes --check or nothing, not {' '.join(arguments)}", file=sys.stderr)
        return 2
    text = PAGE.read_text(encoding="utf-8")
    drawn = page(text)
    if not arguments:
        PAGE.write_text(drawn, encoding="utf-8")
        return 0
    if drawn != text:
        print("docs/trunks.md is not what schema/presets.py says; run ci/draw_presets.py", file=sys.stderr)
    return int(drawn != text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
