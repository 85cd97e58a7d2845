"""`trunkline init`: what it writes is valid, what it asks has defaults, and nothing that is there is changed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.init import Answers, Asked, answers, init, manifests, numbers
from cli.main import app
from cli.refused import Refused
from schema.kinds.listener import ListenerSpec
from schema.manifest_set import load
from schema.resource import specs_of

FILES = ("system.yaml", "tenant.yaml", "extensions.yaml")
NOTHING = Asked(None, None, None, None, None, None)


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["init", *words])
    return done.exit_code, done.stdout, done.stderr


def test_without_a_terminal_the_defaults_are_taken_and_can_be_served(tmp_path: Path) -> None:
    folder, data = tmp_path / "pbx", tmp_path / "data"
    status, out, err = run(str(folder), "--data", str(data))
    assert (status, err) == (0, "")
    assert {path.name for path in folder.iterdir()} == {*FILES, "trunkline.schema.json"}
    for name in FILES:
        first = (folder / name).read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=trunkline.schema.json"
    assert "$schema" in json.loads((folder / "trunkline.schema.json").read_text())
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for number in ("101", "102", "103", "104"):
        secret = data / "secrets" / f"office-{number}"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert f"{number}  {secret.read_text()}" in out
        assert secret.read_text() not in "".join(path.read_text() for path in folder.iterdir())
    assert f"trunkline serve {folder} --data {data} --host 127.0.0.1" in out
    checked = CliRunner().invoke(app, ["validate", str(folder), "--secrets", str(data)])
    assert checked.exit_code == 0, checked.output


def test_what_is_asked_is_what_is_not_said() -> None:
    questions: list[str] = []

    def ask(question: str, default: str) -> str:
        questions.append(question)
        return {"The SIP domain of your phones": "Acme.example", "The port that SIP is answered at": "5070"}.get(
            question, default
        )

    given = answers(Asked("192.0.2.1", None, None, "TCP", None, "201"), ask)
    assert given == Answers(
        host="192.0.2.1", domain="Acme.example", tenant="acme", transport="tcp", port=5070, extensions="201"
    )
    assert questions == [
        "The SIP domain of your phones",
        "The port that SIP is answered at",
        "The mail server (SMTP), if there is one",
    ]


MAIL = [
    (
        ("smtp.office.example",),
        ("server: smtp.office.example", "security: starttls", 'replyAddress: "pbx@office.example"'),
    ),
    (
        ("smtp.office.example:465", "--mail-from", "a@b.example"),
        ("port: 465", "security: ssl", 'replyAddress: "a@b.example"'),
    ),
    (("192.0.2.9:25", "--mail-user", "pbx"), ("port: 25", "user: pbx", 'password: {file: "secrets/office-mail"}')),
]


@pytest.mark.parametrize(("words", "written"), MAIL, ids=["a name", "encrypted", "with a user"])
def test_a_mail_server_may_be_named(words: tuple[str, ...], written: tuple[str, ...], tmp_path: Path) -> None:
    folder, data = tmp_path / "pbx", tmp_path / "data"
    status, out, _ = run(str(folder), "--data", str(data), "--mail-server", *words)
    assert status == 0
    text = (folder / "mail.yaml").read_text()
    assert all(f"  {line}\n" in text for line in written)
    assert (f"Put the password of pbx at 192.0.2.9:25 into {data}/secrets/office-mail" in out) is (
        "--mail-user" in words
    )
    checked = CliRunner().invoke(app, ["validate", str(folder)])
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("server", ["not a name", "smtp.office.example:", "smtp.office.example:mail", "a:70000"])
def test_a_mail_server_that_is_none_is_refused(server: str, tmp_path: Path) -> None:
    status, _, err = run(str(tmp_path / "pbx"), "--data", str(tmp_path / "data"), "--mail-server", server)
    assert status == 1
    assert err
    assert not (tmp_path / "pbx").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("101-104,110", ["101", "102", "103", "104", "110"]),
        ("0098-0101", ["0098", "0099", "0100", "0101"]),
        ("7, 7,8", ["7", "8"]),
    ],
)
def test_numbers(text: str, found: list[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize("text", ["", "1o1", "104-101", "99-101", "101-", "1-1000", ",", "101;102"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="write"):
        numbers(text)


GIVEN: dict[str, object] = {
    "host": "192.0.2.1",
    "domain": "office.example",
    "tenant": "office",
    "transport": "udp",
    "port": 5060,
    "extensions": "101",
}

BAD: dict[str, dict[str, object]] = {
    "a domain that is none": {"domain": "not a domain"},
    "a domain that would end the scalar": {"domain": 'x" }\nkind: Trunk'},
    "a tenant that is none": {"tenant": "No Body"},
    "a transport that is none": {"transport": "pigeon"},
    "a transport to come": {"transport": "tls"},
    "a port that is none": {"port": 70000},
    "an extension that is too long": {"extensions": "1" * 11},
}


@pytest.mark.parametrize("fault", BAD, ids=list(BAD))
def test_an_answer_that_can_not_be_is_refused_and_nothing_is_written(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = GIVEN | BAD[fault]
    folder, data = tmp_path / "pbx", tmp_path / "data"
    asked = Asked(**given)  # type: ignore[arg-type]  # as the command line gives them
    assert init(folder, data, asked, lambda _, default: default) == 1
    assert not folder.exists()
    assert not data.exists()
    assert capsys.readouterr().err


@pytest.mark.parametrize("host", ["pbx.example", "0.0.0.0", "224.0.0.1", ""])
def test_an_address_that_phones_can_not_reach_is_refused(host: str, tmp_path: Path) -> None:
    asked = Asked(**(GIVEN | {"host": host}))  # type: ignore[arg-type]
    assert init(tmp_path / "pbx", tmp_path / "data", asked, lambda *_: "elsewhere") == 1


@pytest.mark.parametrize(("transport", "sockets"), [("udp", ["tcp", "udp"]), ("tcp", ["tcp"])])
def test_beside_udp_tcp_is_served_on_the_same_port(transport: str, sockets: list[str]) -> None:
    files = manifests(
        Answers(host="::1", domain="o.example", tenant="o", transport=transport, port=5070, extensions="101")
    )
    listeners = specs_of(load(files.items()).catalog.system, ListenerSpec)
    assert sorted(one.spec.transport for one in listeners) == sockets
    assert {(one.spec.port, one.spec.tenant) for one in listeners} == {(5070, "o")}


def test_names_that_yaml_takes_for_something_else_stay_names() -> None:
    files = manifests(
        Answers(host="::1", domain="no.example", tenant="no", transport="udp", port=5060, extensions="0101")
    )
    assembly = load(files.items())
    assert not assembly.report.errors
    assert set(assembly.catalog.tenants) == {"no"}


def test_nothing_that_is_there_is_changed(tmp_path: Path) -> None:
    folder, data = tmp_path / "pbx", tmp_path / "data"
    (data / "secrets").mkdir(parents=True)
    (data / "secrets" / "office-101").write_text("my-own-long-password-42\n")
    folder.mkdir()
    (folder / "README.md").write_text("ours")
    status, out, _ = run(str(folder), "--data", str(data), "--extensions", "101")
    assert status == 0
    assert "101  my-own-long-password-42" in out
    before = {path.name: path.read_text() for path in folder.iterdir()}
    status, _, err = run(str(folder), "--data", str(data))
    assert status == 1
    assert "has manifests already (extensions.yaml, system.yaml, tenant.yaml)" in err
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "pbx").touch()
    status, _, err = run(str(tmp_path / "pbx"), "--data", str(tmp_path / "data"))
    assert (status, "is a file" in err) == (1, True)


WORDS = {
    "--host": ({"host": "999.1.2.3"}, '--host "999.1.2.3" is no IP address; give the one'),
    "--domain": ({"domain": "a b"}, '--domain "a b" is neither a host name nor an IP address; write it like'),
    "--tenant": ({"tenant": "Acme Ltd"}, '--tenant "Acme Ltd" is not a name of up to 63 small letters'),
    "--transport": ({"transport": "tls"}, '--transport "tls" is none of them; write udp or tcp'),
    "--port": ({"port": 70000}, '--port "70000" is no port; write a number from 1 to 65535'),
    "--extensions": ({"extensions": "1O1"}, '--extensions "1O1" is no extension; write numbers and ranges'),
    "--mail-server": ({"mail_server": "m.example:0"}, '--mail-server "0" is no port'),
    "--mail-from": ({"mail_server": "m.example", "mail_from": "nobody"}, '--mail-from "nobody"'),
}


@pytest.mark.parametrize(("change", "told"), WORDS.values(), ids=WORDS)
def test_what_is_wrong_is_told_by_its_option_in_one_line(
    change: dict[str, object], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(**(GIVEN | change))  # type: ignore[arg-type]
    assert init(tmp_path / "pbx", tmp_path / "data", asked, lambda _, default: default) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"trunkline init: {told}")
    assert said.count("\n") == 1


def test_a_bad_answer_is_asked_for_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = iter(
        ["here", "192.0.2.1", "not a host!!", "acme.example", "smoke", "tcp", "x", "5070", "1O1", "201-202", ""]
    )
    assert (
        init(tmp_path / "pbx", tmp_path / "data", Asked(None, None, None, None, None, None), lambda *_: next(typed))
        == 0
    )
    said = capsys.readouterr()
    assert said.err.splitlines()[1].startswith('"not a host!!" is neither a host name')
    assert len(said.err.splitlines()) == 5
    assert "Register phones by TCP at 192.0.2.1:5070, domain acme.example" in said.out


def test_nobody_is_asked_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked(None, *list(GIVEN.values())[1:])  # type: ignore[arg-type]
    assert init(tmp_path / "pbx", tmp_path / "data", asked, lambda *_: "here") == 1
    assert "--host was not answered; give it as an option" in capsys.readouterr().err
    assert not (tmp_path / "pbx").exists()
