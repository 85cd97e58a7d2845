"""The JUnit report, read back as XML."""

from __future__ import annotations

from xml.etree import ElementTree

from syrupy.assertion import SnapshotAssertion

from reconciler.render.problems_junit import problems_junit
from schema.problem import printable
from tests.support.checked import CLEAN, FAULTY, NASTY, NASTY_FILE, NASTY_TEXT


def suite(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)  # a parser of XML 1.0: refuses what it may not hold
    [found] = root
    assert (root.tag, found.tag) == ("testsuites", "testsuite")
    assert {name: root.get(name) for name in ("tests", "failures")} == {
        name: found.get(name) for name in ("tests", "failures")
    }
    return found


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert problems_junit(CLEAN) == snapshot(name="clean")
    assert problems_junit(FAULTY) == snapshot(name="faulty")


def test_a_case_for_each_file_that_was_looked_at() -> None:
    for checked in (CLEAN, FAULTY):
        cases = suite(problems_junit(checked)).findall("testcase")
        assert [case.get("name") for case in cases] == list(checked.files)
        assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)


def test_the_counts_are_those_of_the_cases() -> None:
    found = suite(problems_junit(FAULTY))
    assert found.get("tests") == str(len(found.findall("testcase")))
    assert found.get("failures") == str(len(found.findall("testcase/failure"))) == "1"


def test_a_failure_tells_all_errors_of_its_file_and_a_warning_fails_nothing() -> None:
    acme, globex, system = suite(problems_junit(FAULTY)).findall("testcase")
    [failure] = acme.findall("failure")
    assert (failure.text or "").splitlines() == [str(p) for p in FAULTY.report.errors]
    assert (acme.get("file"), acme.get("line")) == ("manifests/acme.yaml", "9")
    assert (globex.findall("failure"), globex.findtext("system-out")) == ([], str(FAULTY.warnings[0]))
    assert list(system) == []


def test_a_report_keeps_what_xml_may_hold_and_escapes_the_rest() -> None:
    [case] = suite(problems_junit(NASTY)).findall("testcase")
    assert case.get("name") == printable(NASTY_FILE)
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == printable(NASTY_TEXT)
    assert (failure.text or "").splitlines() == [printable(str(NASTY.report.problems[0]))]
