"""Rules that manifests switch off with a reason: what is excused, what is not, and what is wrong with that."""

from __future__ import annotations

import pytest

from reconciler.exemptions import Exemptions, Settled
from reconciler.ground import Ground
from reconciler.offline import Weighed, weigh
from reconciler.source.tree import SourceFile, SourceTree
from schema.manifest_set import HeldBack, parse_file
from schema.mark import Mark
from schema.problem import Problem, Severity
from tests.support.manifests import GOOD, LISTENER, documents, extension, office_hours, tenant

NOON = "The office is closed over noon on purpose"
GAP = "week: {mon: ['09:00-11:59', '12:00-17:00'], tue-fri: '09:00-17:00', sat-sun: closed}\n"


def off(*rules: str, reason: str = NOON) -> str:
    listed = ", ".join(f"{{rule: {rule}, reason: {reason}}}" for rule in rules)
    return f"rules: {{off: [{listed}]}}\n"


def system(spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: System\nmetadata: {{name: system}}\nspec:\n  {spec}"


def weighed(acme: str = "", globex: str = "", of_system: str = "") -> Weighed:
    """Two tenants, each with a gap in its hours, and these lines of their specs."""
    files = {
        "acme.yaml": documents(
            tenant("acme", "acme.example", acme), extension("acme", "101"), office_hours("acme", "main", GAP)
        ),
        "globex.yaml": documents(tenant("globex", "globex.example", globex), office_hours("globex", "main", GAP)),
        "system.yaml": documents(LISTENER, *([system(of_system)] if of_system else [])),
    }
    tree = SourceTree(tuple(SourceFile(path, text.encode(), path) for path, text in files.items()))
    return weigh((parse_file(*file) for file in files.items()), tree, Ground())


def rules(settled: Settled) -> list[tuple[str, str]]:
    return [(problem.mark.file, problem.rule) for problem in settled.report]


def settle(found: Weighed, *, strict: bool = False, asked: tuple[str, ...] = ()) -> Settled:
    return found.exemptions.settle(found.found, strict=strict, asked=asked)


def test_the_set_has_two_warnings() -> None:
    assert rules(settle(weighed())) == [("acme.yaml", "hours-gap"), ("globex.yaml", "hours-gap")]


def test_a_rule_is_off_for_the_tenant_that_says_so_alone() -> None:
    settled = settle(weighed(acme=off("hours-gap")))
    assert rules(settled) == [("globex.yaml", "hours-gap")]
    [excused] = settled.excused
    assert (excused.problem.mark.file, excused.exemption.whose, excused.exemption.reason) == ("acme.yaml", "acme", NOON)


def test_what_is_off_is_not_in_the_report() -> None:
    assert [problem.mark.file for problem in weighed(acme=off("hours-gap")).report] == ["globex.yaml"]


def test_what_the_system_switches_off_is_off_for_what_is_the_systems() -> None:
    doubtful = "media: {advertisedAddress: 192.0.2.1}\n  "
    settled = settle(weighed(of_system=doubtful + off("advertised-address-doubtful")))
    assert [rule for _, rule in rules(settled)] == ["hours-gap", "hours-gap"]
    assert [one.exemption.whose for one in settled.excused] == ["the system"]


def test_an_exemption_that_finds_nothing_is_told() -> None:
    settled = settle(weighed(acme=off("hours-gap", "never-open").replace("never-open", "date-past")))
    [unused] = [problem for problem in settled.report if problem.rule == "rule-off-unused"]
    assert str(unused).startswith("acme.yaml:6:")
    assert 'warning: the rule "date-past" is switched off for acme, and finds nothing there; remove it' in str(unused)


def test_what_only_the_machine_can_ask_is_unused_only_where_it_was_asked() -> None:
    found = weighed(acme=off("hours-gap", "secret-weak"))
    assert "rule-off-unused" not in {rule for _, rule in rules(settle(found))}
    assert "rule-off-unused" in {rule for _, rule in rules(settle(found, asked=("secret-weak",)))}


def test_what_only_the_strict_set_asks_is_unused_only_there() -> None:
    found = weighed(acme=off("hours-gap", "not-supported-yet"))
    assert "rule-off-unused" not in {rule for _, rule in rules(settle(found))}
    assert "rule-off-unused" in {rule for _, rule in rules(settle(found, strict=True))}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("hours-gab", 'there is no rule "hours-gab" to switch off; did you mean "hours-gap"? [rule-unknown]'),
        ("duplicate-number", "can't be switched off: what it finds is an error, and would not run; "),
        ("emergency-unreachable", "can't be switched off: what it finds is an error, and would not run; "),
        ("did-two-owners", "can't be switched off"),
    ],
)
def test_what_can_not_be_switched_off_holds_the_tenant_back(rule: str, told: str) -> None:
    found = weighed(acme=off(rule))
    [error] = found.report.errors
    assert told in str(error)
    assert str(error).startswith("acme.yaml:6:")
    assert isinstance(found.assembly.tenants["acme"], HeldBack)
    assert "globex" in found.assembly.catalog.tenants


def test_twice_is_once_too_often() -> None:
    [error] = weighed(acme=off("hours-gap", "hours-gap")).report.errors
    assert error.rule == "rule-off-twice"


def test_in_the_system_it_holds_the_round() -> None:
    assert weighed(of_system=off("hours-gab")).assembly.holds_round


def test_an_error_is_never_excused() -> None:
    problem = Problem(mark=Mark("acme.yaml", 9, 1), message="m", hint="h", rule="hours-gap", severity=Severity.ERROR)
    exemptions = weighed(acme=off("hours-gap")).exemptions
    assert problem in exemptions.settle([problem]).report.problems


def test_the_set_is_that_of_the_system_or_what_is_asked_for() -> None:
    assert settle(weighed()).rule_set == "standard"
    assert settle(weighed(), strict=True).rule_set == "strict"
    assert settle(weighed(of_system="rules: {set: strict}\n")).rule_set == "strict"


def test_the_strict_set_asks_more() -> None:
    ip_rule = "apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {name: a}\nspec: {network: 198.18.0.1, action: deny}\n"
    files = [parse_file(*file) for file in (GOOD | {"ip.yaml": ip_rule}).items()]
    exemptions = Exemptions.of(files)
    assert list(exemptions.settle([]).report) == []
    assert "ip-rule-undescribed" in {problem.rule for problem in exemptions.settle([], strict=True).report}


def test_what_stands_in_no_manifest_is_told() -> None:
    problem = Problem(mark=Mark("manifests", 1, 1), message="m", hint="h", rule="hours-gap", severity=Severity.WARNING)
    settled = weighed(acme=off("hours-gap")).exemptions.settle([problem])
    assert problem in settled.report.problems


@pytest.mark.parametrize("fault", ["nonsense: true\n", "dialling: {country: XX}\n"])
def test_a_tenant_that_is_not_valid_is_told_its_faults_alone(fault: str) -> None:
    settled = settle(weighed(acme=off("hours-gap") + fault))
    assert [rule for file, rule in rules(settled) if file == "acme.yaml" and rule == "hours-gap"] == []
    assert {file for file, _ in rules(settled)} == {"acme.yaml", "globex.yaml"}


def test_a_system_that_is_not_valid_is_told_its_faults_alone() -> None:
    mine = "nonsense: true\n  rules: {off: [{rule: advertised-address-doubtful, reason: Ours}]}\n"
    text = documents(LISTENER.replace("udp}", "udp, address: 10.0.0.5, advertisedAddress: 203.0.113.5}"), system(mine))
    for reason, told in (("Ours", True), (NOON, False)):
        files = [parse_file("system.yaml", text.replace("Ours", reason))]
        tree = SourceTree((SourceFile("system.yaml", b"", "d"),))
        found = weigh(files, tree, Ground())
        assert ("advertised-address-doubtful" in {one.rule for one in settle(found).report}) == told
        assert "unknown-field" in {one.rule for one in settle(found).report}
