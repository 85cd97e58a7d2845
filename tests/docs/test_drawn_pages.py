"""The drawn pages: fresh, complete, and true of what the rules really say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci import draw_causes, draw_kind_pages, draw_rules, drawn
from ci.faults import Fault, faults
from ci.field_rows import fields_of
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
    r"^(?:RULE|DUPLICATE_KEY|DID_TWO_OWNERS|UNREADABLE|BLANK|SECRET_MISSING|SECRET_OPEN|SECRET_SHARED|SECRET_WEAK): Final = \"([a-z-]+)\"",
    r"^(?:NOT_ITS_TENANT|OUTSIDE|UNAVAILABLE): Final = \"([a-z-]+)\"",
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
    return set(faults()) | set(OF_FILES) | set(OF_THE_MACHINE)


def test_pages_are_fresh() -> None:
    pages = {**draw_kind_pages.pages(), **draw_rules.pages(), **draw_causes.pages()}
    stale = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "draw them again: ci/check says how"


def test_every_rule_of_the_source_is_on_the_page_and_no_other() -> None:
    assert written_ids() == documented_ids() == set(entries())


def test_every_rule_between_resources_has_a_fault_and_a_reason() -> None:
    reasons = draw_rules.why_of_rules()
    assert reasons.keys() <= faults().keys()
    assert all(reasons.values())


@pytest.mark.parametrize("fault", faults().values(), ids=lambda fault: fault.id)
def test_a_fault_breaks_its_rule_alone(fault: Fault) -> None:
    assert {problem.rule for problem in fault.problems()} == {fault.id}
    assert fault.why


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_type_and_a_description(kind: str) -> None:
    for row in fields_of(KINDS[kind].model):
        assert row.type, row.path
        assert row.description, row.path


def test_every_cause_of_the_engine_is_drawn_and_no_other() -> None:
    engine = [path for path in (ROOT / "engine").rglob("*.py") if path.name != "cause.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in engine)
    used = {name for name in draw_causes.causes() if re.search(rf"\b{name}\b", text)}
    assert used == draw_causes.causes().keys()


def test_every_outcome_is_in_the_table() -> None:
    assert {outcome.value for outcome in Outcome} <= set(re.findall(r"`([A-Z_]+)`", draw_causes.causes_text()))


def test_check_notices_a_stale_page_and_one_too_many_and_drawing_mends_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawn, "ROOT", tmp_path)
    page, gone = tmp_path / "kinds" / "tenant.md", tmp_path / "kinds" / "gone.md"
    page.parent.mkdir()
    page.write_text("as it was", encoding="utf-8")
    gone.write_text("of a kind that is no more", encoding="utf-8")

    def settled(*arguments: str) -> int:
        return drawn.settle("ci.draw_it", {page: "as it is"}, [*arguments], page.parent.glob("*.md"))

    assert settled("--check") == 1
    assert capsys.readouterr().err.splitlines() == [
        "kinds/gone.md is not up to date; draw it again: python -m ci.draw_it",
        "kinds/tenant.md is not up to date; draw it again: python -m ci.draw_it",
    ]
    assert settled() == 0
    assert (page.read_text(encoding="utf-8"), gone.exists()) == ("as it is", False)
    assert settled("--check") == 0
    assert settled("--sideways") == 2


def test_what_is_drawn_within_a_page_stands_between_its_lines_or_after_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("before <begin> old <end> after", encoding="utf-8")
    assert drawn.filled(page, "<begin>", "new", "<end>") == "before <begin>\n\nnew\n\n<end> after"
    assert drawn.filled(page, "<begin>", "new") == "before <begin>\n\nnew"
    with pytest.raises(LookupError, match=r"page\.md lacks the lines <begin> and </end>"):
        drawn.filled(page, "<begin>", "new", "</end>")


def test_the_script_runs_by_itself() -> None:
    command = [sys.executable, "-m", "ci.draw_causes", "--check"]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
