"""`trunkline validate`: problems on stdout where editors find them, exit status, JSON; and what it says of a folder it can't use."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.output import ProblemOutput
from reconciler.accept import STRONG_ONE
from reconciler.source.directory import Directory
from reconciler.source.saved import saved_text
from tests.support.git_repository import Repository
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant

ROOT = Path(__file__).resolve().parents[2]
NOTE = "note: 1 password is unknown here, so not checked; --secrets DATA checks it where it is kept\n"


AWAY = """\
apiVersion: trunkline/v1
kind: Extension
metadata: {tenant: acme, name: "103"}
spec: {password: {env: PW}, forwarding: [{when: busy, to: {voicemail: "103"}}]}
"""


def validate(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["validate", str(folder), *options])


def validate_with(data: Path, folder: Path, *options: str, **environ: str) -> Result:
    """With secrets at hand: relative files below `data`, and these variables."""
    arguments = ["validate", str(folder), "--secrets", str(data), *options]
    return CliRunner(env={"PW": None, **environ}).invoke(app, arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "manifests")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
    return made


def test_a_valid_folder(folder: Folder) -> None:
    done = validate(folder.root)
    assert (done.exit_code, done.stdout) == (0, NOTE + "valid: 2 files, 2 Extensions, 1 Listener, 1 Tenant\n")
    assert done.stderr == ""


def test_what_is_not_carried_out_yet_is_counted_and_named_where_that_is_asked(folder: Folder) -> None:
    folder.write("away.yaml", AWAY)
    plain, strict = validate(folder.root), validate(folder.root, "--strict")
    assert plain.exit_code == strict.exit_code == 0
    assert "note: 1 resource or field is accepted and not carried out yet; --strict names it\n" in plain.stdout
    assert (
        "away.yaml:4:55: warning: spec.forwarding[0].to of Extension acme/103 is not carried out yet" in strict.stdout
    )
    assert "note: 1 resource" not in strict.stdout
    [told] = [
        one
        for one in json.loads(validate(folder.root, "--strict", "-o", "json").stdout)["problems"]
        if one["rule"] == "not-supported-yet"
    ]
    assert (told["rule"], told["severity"]) == ("not-supported-yet", "warning")


SYSTEM = """\
apiVersion: trunkline/v1
kind: System
metadata: {name: system}
spec: {media: {advertisedAddress: 192.0.2.1}, rules: {RULES}}
"""
OFF = "off: [{rule: advertised-address-doubtful, reason: It is the one of an example}]"


def test_the_set_of_rules_and_what_is_switched_off_are_told(folder: Folder) -> None:
    folder.write("pbx.yaml", SYSTEM.replace("RULES", f"set: strict, {OFF}"))
    told = validate(folder.root)
    assert told.exit_code == 0
    assert told.stdout.splitlines()[-3:-1] == [
        "note: by the strict set of rules",
        "note: advertised-address-doubtful is switched off for the system (1 finding): It is the one of an example",
    ]
    assert "[advertised-address-doubtful]" not in told.stdout
    rules = json.loads(validate(folder.root, "-o", "json").stdout)["rules"]
    reason = "It is the one of an example"
    off = {"rule": "advertised-address-doubtful", "tenant": None, "reason": reason, "findings": 1}
    assert rules == {"set": "strict", "off": [off]}


def test_what_is_switched_off_is_suppressed_in_sarif(folder: Folder) -> None:
    folder.write("pbx.yaml", SYSTEM.replace("RULES", OFF))
    [run] = json.loads(validate(folder.root, "-o", "sarif").stdout)["runs"]
    [result] = run["results"]
    assert result["ruleId"] == "advertised-address-doubtful"
    suppression = {"kind": "inSource", "status": "accepted", "justification": "It is the one of an example"}
    assert result["suppressions"] == [suppression]


def test_certificates_are_looked_at_where_their_files_are_at_hand(folder: Folder, tmp_path: Path) -> None:
    secure = LISTENER.replace("name: phones", "name: secure").replace(
        "transport: udp", "transport: tls, tls: {certificate: c.pem, key: {env: K}}"
    )
    folder.write("secure.yaml", secure)
    assert "certificate-" not in validate(folder.root).stdout
    data = tmp_path / "data"
    data.mkdir()
    assert '"c.pem" of Listener secure is not there' in validate_with(data, folder.root, K="k", PW="p" * 30).stdout
    (data / "c.pem").write_text("none")
    assert "[certificate-invalid]" in validate_with(data, folder.root, K="k", PW="p" * 30).stdout


def test_an_ip_rule_whose_time_is_over_is_told(folder: Folder) -> None:
    spec = "{network: 198.18.0.7, action: deny, expires: 2026-01-31}"
    folder.write("ip.yaml", f"apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {{name: a}}\nspec: {spec}\n")
    assert "[ip-rule-expired]" in validate(folder.root).stdout


def test_what_rules_refuse_need_not_compile(folder: Folder) -> None:
    hours = "apiVersion: trunkline/v1\nkind: OfficeHours\nmetadata: {tenant: acme, name: main}\n"
    spec = 'spec: {week: {mon-fri: "09:00-17:00"}, holidays: {country: GB, subdivision: ENGL}}\n'
    folder.write("hours.yaml", hours + spec)
    for options in ((), ("--secrets", str(folder.root))):
        done = validate(folder.root, *options)
        assert done.exit_code == 1
        assert 'did you mean "ENG"? [holiday-subdivision]' in done.stdout


def test_a_valid_folder_as_json(folder: Folder) -> None:
    done = validate(folder.root, "--output", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {
            "valid": True,
            "files": 2,
            "resources": {"Extension": 2, "Listener": 1, "Tenant": 1},
            "secrets": {"named": 1, "unknown": 1},
            "rules": {"set": "standard", "off": []},
            "problems": [],
        },
    )


def test_secrets_are_not_looked_at(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PW", raising=False)
    assert validate(folder.root).exit_code == 0


def test_all_problems_at_once(folder: Folder) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101").replace("displayName", "displayNmae"))
    folder.write("beta.yaml", extension("betta", "201"))
    done = validate(folder.root)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{folder.root}/acme.yaml:9:")
    assert 'did you mean "displayName"?' in lines[0]
    assert lines[1].startswith(f"{folder.root}/beta.yaml:3:")
    assert lines[-1] == "2 errors in 3 files"


def test_all_problems_as_json(folder: Folder) -> None:
    folder.write("acme.yaml", "kind: [")
    done = validate(folder.root, "-o", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["valid"], found["problems"][0]["file"]) == (1, False, f"{folder.root}/acme.yaml")


def test_an_unreadable_file_is_a_problem(folder: Folder) -> None:
    (folder.root / "gone.yaml").symlink_to("nowhere")
    done = validate(folder.root)
    assert done.exit_code == 1
    assert f"{folder.root}/gone.yaml:1:1: can't be read" in done.stdout


def test_an_empty_folder(tmp_path: Path) -> None:
    done = validate(tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds no manifest" in done.stderr


def test_a_missing_folder_is_wrong_usage(tmp_path: Path) -> None:
    done = validate(tmp_path / "nowhere")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


def test_the_quickstart_is_valid() -> None:
    assert validate(Path(__file__).parents[2] / "manifests").exit_code == 0


def test_wrong_options_are_wrong_usage(folder: Folder) -> None:
    assert validate(folder.root, "--output", "xml").exit_code == 2
    assert CliRunner().invoke(app, ["validate"]).exit_code == 2


# Formats for machines


def test_all_formats_show_the_same_problems(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101").replace("displayName", "displayNmae"))
    folder.write("beta.yaml", extension("betta", "201"))
    monkeypatch.chdir(folder.root.parent)
    told = {output: validate(Path("manifests"), "--output", output) for output in ProblemOutput}
    assert {done.exit_code for done in told.values()} == {1}
    assert {done.stderr for done in told.values()} == {""}
    wanted = [("manifests/acme.yaml", 9, "unknown-field"), ("manifests/beta.yaml", 3, "tenant-exists")]

    lines = told[ProblemOutput.TEXT].stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "[" in line] == [file for file, _, _ in wanted]
    problems = json.loads(told[ProblemOutput.JSON].stdout)["problems"]
    assert [(p["file"], p["line"], p["rule"]) for p in problems] == wanted
    results = json.loads(told[ProblemOutput.SARIF].stdout)["runs"][0]["results"]
    places = [(r["locations"][0]["physicalLocation"], r["ruleId"]) for r in results]
    assert [(p["artifactLocation"]["uri"], p["region"]["startLine"], rule) for p, rule in places] == wanted
    cases = ElementTree.fromstring(told[ProblemOutput.JUNIT].stdout).iter("testcase")
    failures = [(c.get("file"), c.get("line"), f.get("type")) for c in cases for f in c.findall("failure")]
    assert failures == [(file, str(line), rule) for file, line, rule in wanted]
    commands = [line for line in told[ProblemOutput.GITHUB].stdout.splitlines() if line.startswith("::error ")]
    assert [
        f"file={file},line={line}," in c and f"title={rule}" in c
        for c, (file, line, rule) in zip(commands, wanted, strict=True)
    ]


@pytest.mark.parametrize("name", [b"caf\xe9.yaml", b"a:b,c%.yaml", b"quote\"'<&>.yaml", b"line\nend\x1b[31m.yaml"])
@pytest.mark.parametrize("output", ProblemOutput)
def test_file_names_are_what_they_are(folder: Folder, name: bytes, output: str) -> None:
    (folder.root / os.fsdecode(name)).write_text("kind: [")
    done = validate(folder.root, "--output", output)
    assert (done.exit_code, done.stderr) == (1, "")
    match output:
        case ProblemOutput.JSON | ProblemOutput.SARIF:
            json.loads(done.stdout)
        case ProblemOutput.JUNIT:
            ElementTree.fromstring(done.stdout)
        case _:
            first = done.stdout.splitlines()[0]
            assert "yaml-syntax" in first
            assert first.isprintable()


# Secrets


def test_a_strong_secret_at_hand_is_no_problem_and_no_longer_unknown(folder: Folder, tmp_path: Path) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    done = validate_with(tmp_path, folder.root, PW="7Kq9vT2mZp4W")
    assert (done.exit_code, done.stdout) == (0, "valid: 2 files, 1 Extension, 1 Listener, 1 Tenant\n")


def test_a_password_that_can_be_guessed_is_an_error_and_is_not_shown(folder: Folder, tmp_path: Path) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    done = validate_with(tmp_path, folder.root, PW="abc")
    assert done.exit_code == 1
    place = f"{folder.root}/acme.yaml:9:"
    [line, summary] = done.stdout.splitlines()
    assert line.startswith(place)
    assert line.endswith("the password of Extension acme/101 can be guessed; " + STRONG_ONE + " [secret-weak]")
    assert summary == "1 error in 2 files"


@pytest.mark.parametrize("output", ProblemOutput)
@pytest.mark.parametrize(
    ("password", "like_it"), [("7Kq9vT2m", "hunter2xQ"), ("P4ssw0rd-xyz", "101"), ("lovelace1815", "aaaaaaaa")]
)
def test_no_format_shows_a_password_or_what_it_is_like(
    folder: Folder, tmp_path: Path, output: str, password: str, like_it: str
) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101", display="Ada Lovelace"))
    shown = validate_with(tmp_path, folder.root, "--output", output, PW=password).stdout
    assert "secret-weak" in shown
    assert password not in shown
    assert validate_with(tmp_path, folder.root, "--output", output, PW=like_it).stdout == shown


def test_a_weak_or_shared_password_is_a_warning(folder: Folder, tmp_path: Path) -> None:
    done = validate_with(tmp_path, folder.root, PW="7Kq9vT2m")
    assert done.exit_code == 0
    warnings = [line.partition("warning: ")[2] for line in done.stdout.splitlines() if "secret-weak" in line]
    assert [warning.partition(";")[0] for warning in warnings] == [
        "the password of Extension acme/101 is weak: it would be found by trying",
        "the password of Extension acme/102 is also that of Extension acme/101",
        "the password of Extension acme/102 is weak: it would be found by trying",
    ]


def test_another_tenants_extension_is_not_named(folder: Folder, tmp_path: Path) -> None:
    folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    folder.write("globex.yaml", tenant("globex"), extension("globex", "201"))
    done = validate_with(tmp_path, folder.root, PW="7Kq9vT2mZp4W")
    [line] = [line for line in done.stdout.splitlines() if "secret-weak" in line]
    assert "the password of Extension globex/201 is also that of an extension of another tenant;" in line


def test_a_missing_secret_is_an_error_where_secrets_are_looked_at(folder: Folder, tmp_path: Path) -> None:
    done = validate_with(tmp_path, folder.root)
    assert done.exit_code == 1
    assert done.stdout.count("environment variable PW is not set") == 2
    assert json.loads(validate_with(tmp_path, folder.root, "-o", "json").stdout)["secrets"] == {
        "named": 1,
        "unknown": 0,
    }


def test_secrets_that_are_nowhere_are_wrong_usage(folder: Folder, tmp_path: Path) -> None:
    done = validate(folder.root, "--secrets", str(tmp_path / "nowhere"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nowhere is not a folder; name the data folder" in done.stderr


# The terminal


def on_a_terminal(*arguments: str, **environ: str) -> str:
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cli.main", *arguments]
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": str(ROOT), **environ}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT) as process:
        os.close(theirs)
        written = b""
        try:
            while block := os.read(ours, 4096):
                written += block
        except OSError:  # EIO: nobody has the terminal open any more
            pass
        process.wait()
    os.close(ours)
    return written.decode()


def test_a_terminal_gets_colour_unless_told_otherwise(folder: Folder) -> None:
    assert "\x1b[" in on_a_terminal("validate", str(folder.root))
    for plain in (
        on_a_terminal("validate", str(folder.root), NO_COLOR="1"),
        on_a_terminal("validate", str(folder.root), TERM="dumb"),
        on_a_terminal("validate", str(folder.root), "--colour", "never"),
        on_a_terminal("validate", str(folder.root), "--output", "json"),
    ):
        assert "\x1b" not in plain


def test_a_pipe_gets_none_unless_asked(folder: Folder) -> None:
    assert "\x1b" not in validate(folder.root).stdout
    assert "\x1b[" in validate(folder.root, "--color", "always").stdout


def test_a_git_revision_and_a_saved_snapshot(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(folder.root.parent)
    faulty = tenant("acme").replace("domain", "domian")
    repository.commit({"manifests/system.yaml": LISTENER, "manifests/acme.yaml": faulty})
    repository.close()
    monkeypatch.chdir(folder.root.parent)
    done = validate(Path("git:main:manifests"))
    assert done.exit_code == 1
    assert done.stdout.startswith("main:manifests/acme.yaml:4:8: ")
    Path("saved.json").write_text(saved_text(Directory(folder.root, settle_s=0).read()))
    assert validate(Path("saved.json")).exit_code == 0


@pytest.mark.parametrize(
    ("source", "code"), [("git:mian", 2), ("git:main:nowhere", 2), ("nowhere.json", 2), ("bad.json", 1)]
)
def test_a_source_that_can_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: int) -> None:
    repository = Repository(tmp_path)
    repository.commit({"a.yaml": LISTENER})
    repository.close()
    (tmp_path / "bad.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    done = validate(Path(source))
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("trunkline: ")
