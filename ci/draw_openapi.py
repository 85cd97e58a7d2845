"""Writes api/published/openapi.json, the description of the API, from its routes. With --check: says whether it is up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.app import routed
from api.openapi import describe

FILE = Path(__file__).parent.parent / "api" / "published" / "openapi.json"
VERSION = "1"
"""A server's own description has its version here."""


def main() -> int:
    wanted = json.dumps(describe(routed(VERSION)), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        FILE.write_text(wanted, "utf-8")
    elif not FILE.exists() or FILE.read_text("utf-8") != wanted:
        print("api/published/openapi.json is not what the routes come to; write it again: python ci/draw_openapi.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
