"""`RESULTS.md`: each bench replaces its own section."""

from __future__ import annotations

from pathlib import Path

from bench import results
from bench.results import Result
from bench.row import Row, table

TEXTS = {"call": "Calls.\n\n    python -m bench call\n\nLimited by parsing.", "relay": "Packets."}


def row(bench: str, measured: float, **more: object) -> Row:
    shape = {"quantity": "CPU", "unit": "us", "target": 10.0, "at_most": True, "detail": f"of {bench}", **more}
    return Row(bench=bench, measured=measured, **shape)  # type: ignore[arg-type]  # keywords of a test


def result(*rows: Row, problem: str = "") -> Result:
    return Result(at="2026-01-01 10:00 UTC", commit="abc", conditions=["CPU  one"], rows=rows, problem=problem)


def section(folder: Path, name: str) -> str:
    return (folder / "RESULTS.md").read_text().split(f"## {name}\n")[1].split("\n## ")[0]


def test_a_bench_replaces_its_own_section_only(tmp_path: Path) -> None:
    results.write(tmp_path, "relay", result(row("relay", 4)), TEXTS)
    results.write(tmp_path, "call", result(row("call", 8)), TEXTS)
    relay = section(tmp_path, "relay")
    results.write(tmp_path, "call", result(row("call", 12)), TEXTS)
    assert section(tmp_path, "relay") == relay
    assert "| CPU | <= 10 us | 12 us |" in section(tmp_path, "call")
    assert "1 of 2 targets are met" in (tmp_path / "RESULTS.md").read_text()


def test_the_order_is_that_of_the_texts_whatever_ran_first(tmp_path: Path) -> None:
    results.write(tmp_path, "relay", result(row("relay", 4)), TEXTS)
    results.write(tmp_path, "call", result(row("call", 8)), TEXTS)
    page = (tmp_path / "RESULTS.md").read_text()
    assert page.index("## call") < page.index("## relay")


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    results.write(tmp_path, "call", result(row("call", 8)), TEXTS)
    before = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    results.write(tmp_path, "call", result(row("call", 8)), TEXTS)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == before


def test_a_section_has_the_peer_the_other_form_and_the_text_without_its_usage(tmp_path: Path) -> None:
    measured = row("call", 8, plain=9.0, peer=16.0, peer_name="kamailio", doubt="the machine was busy")
    results.write(tmp_path, "call", result(measured), TEXTS)
    text = section(tmp_path, "call")
    assert "| 8 us | 9 | 16 (kamailio) | 0.50 | met |" in text
    assert "Limited by parsing." in text
    assert "python -m bench" not in text
    assert "doubtful: the machine was busy" in text
    assert "CPU  one" in text


def test_what_could_not_run_says_why(tmp_path: Path) -> None:
    results.write(tmp_path, "call", result(problem="no C compiler"), TEXTS)
    assert "Could not run: no C compiler" in section(tmp_path, "call")


def test_a_bench_that_is_gone_leaves_the_page(tmp_path: Path) -> None:
    results.write(tmp_path, "relay", result(row("relay", 4)), TEXTS)
    results.write(tmp_path, "call", result(row("call", 8)), {"call": "Calls."})
    assert "## relay" not in (tmp_path / "RESULTS.md").read_text()


def test_the_printed_table_says_who_the_peer_is() -> None:
    text = table([row("call", 8, peer=4.0, peer_name="kamailio"), row("call", 20)])
    assert "4 (kamailio)" in text
    assert "2.00" in text
    assert "MISSED" in text
