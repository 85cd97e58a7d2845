"""The modules that log, as the code, the API and the page have them."""

from __future__ import annotations

import re
from pathlib import Path

from api.log_levels import MODULES

ROOT = Path(__file__).resolve().parents[2]


def test_every_logger_of_the_code_is_a_module_whose_level_can_be_set() -> None:
    sources = [
        path.read_text("utf-8") for top in ("engine", "reconciler", "api", "cli") for path in (ROOT / top).rglob("*.py")
    ]
    named = {name for text in sources for name in re.findall(r"getLogger\((?!f\"|\"trunkline\"\))(.*?)\)", text)}
    assert named == {f'"trunkline.{module}"' for module in MODULES}


def test_the_page_has_them_all() -> None:
    page = (ROOT / "docs" / "logs.md").read_text("utf-8").partition("| module | says |")[2]
    first_cells = " ".join([line.split("|")[1] for line in page.splitlines() if line.startswith("| `")])
    assert set(re.findall(r"`(\w+)`", first_cells)) == set(MODULES)
