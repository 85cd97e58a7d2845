"""Draws the table of presets in docs/trunks.md. With --check: says whether it is not what schema/presets.py says now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ci.drawn import ROOT, filled, settle
from schema.preset import GENERIC, Preset
from schema.presets import PRESETS

PAGE: Final = ROOT / "docs" / "trunks.md"
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


def pages() -> dict[Path, str]:
    return {PAGE: filled(PAGE, BEGIN, presets_text(), END)}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_presets", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
