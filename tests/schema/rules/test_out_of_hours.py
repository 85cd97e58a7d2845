"""[out-of-hours-never]: what is written for the time out of hours counts only where there is such a time."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD, documents, extension, resource

RULE = resource(
    "InboundRule",
    "acme",
    "main",
    'match: {did: "+442079460100"}\ninHours: {extension: "101"}\noutOfHours: {hangUp: busy}\n',
)
MENU = resource(
    "Receptionist",
    "acme",
    "welcome",
    'number: "600"\ninHours: {onTimeout: {hangUp: busy}}\noutOfHours: {onTimeout: {hangUp: busy}}\n',
)
PERSON = extension("acme", "103", "forwarding: [{when: always, hours: out, to: {hangUp: busy}}]\n")
PROFILE = resource(
    "ExtensionProfile", "acme", "night", "forwarding: [{when: always, hours: out, to: {hangUp: busy}}]\n"
)
TWO = documents(PROFILE, extension("acme", "103", "profile: night\n"), extension("acme", "104", "profile: night\n"))
HOURS = resource("OfficeHours", "acme", "main", 'week: {mon-fri: "09:00-17:00"}\n')


def told(*texts: str, hours: str = "") -> list[str]:
    """The findings of the rule in the good set with these; `hours`: of the tenant."""
    files = GOOD | {"more.yaml": documents(*texts, HOURS)}
    if hours:
        files = {
            name: text.replace("domain: acme.example\n", f"domain: acme.example\n  officeHours: {hours}\n")
            for name, text in files.items()
        }
        assert files != GOOD
    return [str(problem) for problem in load(files.items()).report if problem.rule == "out-of-hours-never"]


CASES = [
    (RULE, "InboundRule acme/main says what becomes of calls out of hours (outOfHours)", "hours: main"),
    (MENU, "Receptionist acme/welcome says what becomes of calls out of hours (outOfHours)", "hours: main"),
    (
        PERSON,
        "Extension acme/103 says what becomes of calls out of hours (forwarding, hours: out)",
        "officeHours: main",
    ),
]


@pytest.mark.parametrize(("text", "what", "own"), CASES, ids=["a rule", "a menu", "a person"])
def test_a_fault_and_its_twins(text: str, what: str, own: str) -> None:
    [line] = told(text)
    assert f"warning: {what}, and neither it nor Tenant acme has any; " in line
    assert told(text, hours="main") == []
    assert told(text.rstrip("\n") + f"\n  {own}\n") == []


def test_a_profile_is_told_once() -> None:
    [line] = told(TWO)
    assert line.startswith("more.yaml:5:38: ")
