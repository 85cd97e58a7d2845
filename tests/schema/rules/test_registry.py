"""Every rule has an id of its own, a reason, and a planted fault somewhere in these tests."""

import re
from pathlib import Path

from schema.rules.registry import ACROSS_RULES, SYSTEM_RULES, TENANT_RULES

REASONS = {
    **{rule.id: rule.why for rule in TENANT_RULES},
    **{rule.id: rule.why for rule in SYSTEM_RULES},
    **{rule.id: rule.why for rule in ACROSS_RULES},
}


def test_ids_are_kebab_case() -> None:
    assert [rule_id for rule_id in REASONS if not re.fullmatch("[a-z]+(-[a-z]+)*", rule_id)] == []


def test_every_rule_says_why() -> None:
    assert [rule_id for rule_id, reason in REASONS.items() if len(reason) < 40] == []


def test_every_rule_has_a_planted_fault() -> None:
    here = Path(__file__).parent
    tests = "".join(path.read_text() for path in (*here.glob("test_*.py"), here.parent / "test_confinement.py"))
    assert [rule_id for rule_id in REASONS if f"[{rule_id}]" not in tests] == []
