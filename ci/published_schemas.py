"""Says which files of schema/published/ are not what the models give now. Silent and 0 when all are."""

import sys
from pathlib import Path

from schema.json_schema import published

FOLDER = Path(__file__).resolve().parent.parent / "schema" / "published"


def main() -> int:
    wanted = published()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if stale:
        print(f"schema/published: not up to date: {', '.join(stale)}; run: .venv/bin/python -m schema.json_schema")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
