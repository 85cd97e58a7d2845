"""`trunkline import` and `export` of tables: files made and left alone, passwords kept apart."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


def table(folder: Path, text: str) -> Path:
    path = folder / "people.csv"
    path.write_text(text)
    return path


def test_a_table_becomes_manifests_that_are_valid(tmp_path: Path) -> None:
    folder, data = tmp_path / "pbx", tmp_path / "data"
    shutil.copytree(ROOT / "manifests", folder)
    people = table(tmp_path, "number,displayName,password\n201,Ada,tr0ub4dor-and-three\n202,Grace,\n")
    into = folder / "people.yaml"
    status, out, err = run(
        "import", "extensions", people, "--tenant", "office", "-o", into, "--data", data, "--make-passwords"
    )
    assert (status, out) == (0, "")
    assert err == f"2 rows into {into}; 1 passwords into {data}/secrets; 1 passwords made up\n"
    for name in ("office-201", "office-202"):
        secret = data / "secrets" / name
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() not in into.read_text()
    assert (data / "secrets" / "office-201").read_text() == "tr0ub4dor-and-three"
    assert run("validate", folder)[0] == 0
    before = into.read_text()
    status, _, err = run("import", "extensions", people, "--tenant", "office", "-o", into, "--data", data)
    assert (status, "is there already" in err) == (1, True)
    assert into.read_text() == before


def test_a_password_that_is_there_is_replaced_only_if_that_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    secret = data / "secrets" / "acme-101"
    secret.parent.mkdir(parents=True)
    secret.write_text("the-one-before\n")
    people = table(tmp_path, "number,password\n101,another-one\n102,a-third-one\n")
    words = ("import", "extensions", people, "--tenant", "acme", "--data", data)
    status, out, err = run(*words)
    assert (status, out) == (1, "")
    assert f"{secret}: there is another password" in err
    assert "another-one" not in err
    assert not (data / "secrets" / "acme-102").exists()
    assert run(*words, "--replace-passwords")[0] == 0
    assert secret.read_text() == "another-one"


def test_a_password_file_that_is_no_text_is_another_password(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "secrets").mkdir(parents=True)
    for number in ("101", "102"):
        (data / "secrets" / f"acme-{number}").write_bytes(b"\xff\xfe\0")
    words = (
        "extensions",
        table(tmp_path, "number,password\n101,correct-horse-battery-1\n"),
        "--tenant",
        "acme",
        "--data",
        data,
    )
    code, _, said = run("import", *words)
    assert code == 1
    assert "acme-101: there is another password" in said
    more = ("extensions", table(tmp_path, "number\n102\n"), "--tenant", "acme", "--data", data, "--make-passwords")
    code, _, said = run("import", *more)
    assert code == 1
    assert "acme-102: is no text" in said


def test_faults_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    people = table(tmp_path, "number,pasword\n101,hunter2\n101,hunter3\n")
    into, data = tmp_path / "people.yaml", tmp_path / "data"
    status, out, err = run("import", "extensions", people, "--tenant", "acme", "-o", into, "--data", data)
    assert (status, out) == (1, "")
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        f"{people}:1:2",
        f"{people}:3:1",
        "trunkline import extensions",
    ]
    assert "hunter" not in err
    assert not into.exists()
    assert not data.exists()


def test_manifests_become_a_table_and_come_back(tmp_path: Path) -> None:
    out = tmp_path / "rules.csv"
    status, _, err = run("export", "inbound-rules", ROOT / "examples" / "company", "-o", out)
    assert (status, err) == (0, f"3 rows written to {out}\n")
    status, text, _ = run("import", "inbound-rules", out, "--tenant", "acme")
    assert status == 0
    assert text.count("kind: InboundRule") == 3
    status, _, err = run("export", "extensions", ROOT / "examples" / "company")
    assert (status, err) == (0, "not in the table: spec.forwarding, which 1 resource has\n")


def test_a_tenant_that_is_not_declared_is_no_empty_table() -> None:
    status, out, err = run("export", "extensions", ROOT / "examples" / "company", "--tenant", "acmee")
    assert (status, out, 'did you mean "acme"?' in err) == (1, "", True), err


def test_several_tenants_are_not_mixed(tmp_path: Path) -> None:
    status, out, err = run("export", "extensions", ROOT / "examples" / "two-tenants")
    assert (status, out) == (1, "")
    assert "they are of several tenants (" in err
    assert run("export", "extensions", tmp_path)[0] == 1
    assert run("import", "extensions", tmp_path / "none.csv", "--tenant", "acme")[0] == 1


def test_rates_go_in_and_out_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "pbx"
    shutil.copytree(ROOT / "examples" / "rates", folder)
    status, text, err = run("export", "rates", folder)
    assert (status, err) == (0, "")
    prices = table(tmp_path, text)
    status, yaml, err = run("import", "rates", prices, "--tenant", "acme", "--name", "again", "--currency", "GBP")
    assert (status, err) == (0, "6 rates into standard output\n")
    (folder / "again.yaml").write_text(yaml)
    assert run("export", "rates", folder, "--name", "again")[1] == text
    status, _, err = run("export", "rates", folder)
    assert status == 1
    assert "there are several (RateTable acme/again, RateTable acme/carrier); name one" in err
    status, _, err = run("export", "rates", folder, "--name", "carier")
    assert (status, err) == (1, 'trunkline export rates: no RateTable "carier" is declared; did you mean "carrier"?\n')


def test_rates_that_are_wrong_write_nothing(tmp_path: Path) -> None:
    prices, into = table(tmp_path, "prefix,outgoing\n+44,cheap\n"), tmp_path / "rates.yaml"
    status, out, err = run("import", "rates", prices, "--name", "carrier", "-o", into)
    assert (status, out, into.exists()) == (1, "", False)
    assert "people.csv:2:2:" in err
    assert "1 problem; nothing is written" in err
