"""Writes api/published/openapi.json, the description of the API, from its routes. With --check: says whether it is up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.app import routed
from api.openapi import describe
from ci.drawn import ROOT, settle

FILE = ROOT / "api" / "published" / "openapi.json"
VERSION = "1"
"""A server's own description has its version here."""


def pages() -> dict[Path, str]:
    return {FILE: json.dumps(describe(routed(VERSION)), indent=1, ensure_ascii=False) + "\n"}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_openapi", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
