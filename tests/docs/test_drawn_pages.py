"""The drawn pages: fresh, complete, and true of what the rules really say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci import draw_kind_pages
from engine.cause import Outcome
from reconciler.handbook import OF_THE_MACHINE, entries
from schema.registry import KINDS
from schema.rules.reasons import OF_FILES

ROOT = Path(__file__).resolve().parents[2]

# Where a rule's id is written in the source: by name, as a field type's, or last in a call.
WRITTEN = (
    r"\brule(?:: str)? ?= ?\"([a-z]+(?:-[a-z]+)*)\"",
    r"\brefusal\(\s*\"([a-z]+(?:-[a-z]+)*)\"",
    r"\b(?:Rule|Proof)\(\"([a-z]+(?:-[a-z]+)*)\"",
    r"\b_(?:at|note|found|problem)\(.*, \"([a-z]+(?:-[a-z]+)*)\"\)",
    r"^(?:RULE|DUPLICATE_KEY|DID_TWO_OWNERS|UNREADABLE|BLANK|SECRET_MISSING|SECRET_OPEN|SECRET_WEAK): Final = \"([a-z-]+)\"",
    r"^(?:HOLIDAYS_ENDING|NUMBER_OF_OTHER_TENANT|PIN_WEAK|RECORDING_FORMAT|RECORDING_MISSING): Final = \"([a-z-]+)\"",
    r"^(?:UNKNOWN|NEEDED|TWICE|UNUSED|MISSING|INVALID|EXPIRED|EXPIRING|IP_RULE_EXPIRED|HASH_UNUSABLE): Final = \"([a-z-]+)\"",
)
SOURCES = [
    *sorted((ROOT / "schema").rglob("*.py")),
    ROOT / "reconciler" / "accept.py",
    ROOT / "reconciler" / "holidays_ending.py",
    ROOT / "reconciler" / "pins.py",
    ROOT / "reconciler" / "recordings.py",
    ROOT / "reconciler" / "proof" / "foreign_numbers.py",
    ROOT / "reconciler" / "certificates.py",
    ROOT / "reconciler" / "exemptions.py",
    ROOT / "reconciler" / "web_passwords.py",
    ROOT / "reconciler" / "proof" / "registry.py",
]


def written_ids() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    return {word for pattern in WRITTEN for word in re.findall(pattern, text, re.MULTILINE)}


def documented_ids() -> set[str]:
    return set(draw_kind_pages.faults()) | set(OF_FILES) | set(OF_THE_MACHINE)


def test_pages_are_fresh() -> None:
    stale = [path.name for path, text in draw_kind_pages.pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run ci/draw_kind_pages.py"


def test_every_rule_of_the_source_is_on_the_page_and_no_other() -> None:
    assert written_ids() == documented_ids() == set(entries())


def test_every_rule_between_resources_has_a_fault_and_a_reason() -> None:
    reasons = draw_kind_pages.why_of_rules()
    assert reasons.keys() <= draw_kind_pages.faults().keys()
    assert all(reasons.values())


@pytest.mark.parametrize("fault", draw_kind_pages.faults().values(), ids=lambda fault: fault.id)
def test_a_fault_breaks_its_rule_alone(fault: draw_kind_pages.Fault) -> None:
    assert {problem.rule for problem in fault.problems()} == {fault.id}
    assert fault.why


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_type_and_a_description(kind: str) -> None:
    for row in draw_kind_pages.fields_of(KINDS[kind].model):
        assert row.type, row.path
        assert row.description, row.path


def test_every_cause_of_the_engine_is_drawn_and_no_other() -> None:
    engine = [path for path in (ROOT / "engine").rglob("*.py") if path.name != "cause.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in engine)
    used = {name for name in draw_kind_pages.causes() if re.search(rf"\b{name}\b", text)}
    assert used == draw_kind_pages.causes().keys()


def test_every_outcome_is_in_the_table() -> None:
    assert {outcome.value for outcome in Outcome} <= set(re.findall(r"`([A-Z_]+)`", draw_kind_pages.causes_text()))


def test_check_notices_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_kind_pages.main(["--check"]) == 0
    page = ROOT / "docs" / "kinds" / "tenant.md"
    monkeypatch.setattr(
        draw_kind_pages, "pages", lambda: {page: "other", **{p: p.read_text("utf-8") for p in others(page)}}
    )
    assert draw_kind_pages.main(["--check"]) == 1
    assert "docs/kinds/tenant.md" in capsys.readouterr().err


def others(page: Path) -> list[Path]:
    return [path for path in (ROOT / "docs" / "kinds").glob("*.md") if path != page]


def test_the_script_runs_by_itself() -> None:
    command = [sys.executable, str(ROOT / "ci" / "draw_kind_pages.py"), "--check"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert draw_kind_pages.main(["--sideways"]) == 2
